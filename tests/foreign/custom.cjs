'use strict';
// npm leadconduit-custom as an administrator sets it up: its own code builds each request and reads each answer.

const assert = require('node:assert/strict');
const { demo, hangUp, installed, transmit } = require('./exchange.cjs');

const integrations = installed('leadconduit-custom').outbound;
const flat = installed('flat');

// What each integration calls the mapping of a body; an XML document has a root.
const mappings = {
  json: (body) => ({ json_property: flat.flatten(body) }),
  form: (body) => ({ form_field: flat.flatten(body) }),
  xml: (body) => ({ xml_path: flat.flatten({ request: body }) }),
  query: (body) => ({ parameter: flat.flatten(body) }),
};

// Where the reason is, for the one kind of refusal that an administrator watches.
const REASON = { codes: 'reasons.*.code', fields: 'errors.*.detail', detail: 'detail' };

const settings = (where, success, price, reference) => (reason = REASON.codes, key = demo.publisher_key) => ({
  url: `${demo.base_url}/api/v1/${where}`,
  header: { Authorization: `Bearer ${key}` },
  outcome_search_path: 'status',
  outcome_search_term: `^${success}$`,
  reason_path: reason,
  price_path: price,
  reference_path: reference,
});

// The steps of a flow in LeadConduit, each set up once.
const pingStep = settings('pings', 'quoted', 'payout.amount', 'id');
const postStep = settings('posts', 'sold', 'payout.amount', 'lead_id');
const leadStep = settings('leads', 'sold', 'payout.amount', 'lead_id');

class CustomClient {
  constructor(kind) {
    this.kind = kind;
    this.integration = integrations[kind];
  }

  request(step, body) {
    const vars = { ...step, ...mappings[this.kind](body), ...step.mapping };
    assert.equal(this.integration.validate(vars), undefined, 'the client refuses its own settings');
    return [vars, this.integration.request(vars)];
  }

  // Send one step and give what the client reports (`event`) beside what came over the wire.
  async deliver(step, body, wire = {}) {
    const [vars, request] = this.request(step, body);
    const answer = await transmit(request, wire);
    const event = this.integration.response(vars, request, answer);
    return { status: answer.status, headers: answer.headers, raw: JSON.parse(answer.body), event };
  }

  async deliverAndHangUp(step, body) {
    await hangUp(this.request(step, body)[1]);
  }
}

// ---- assertions on what the client reports
function assertSuccess(result, status, price) {
  const { outcome, reason = '', price: given } = result.event;
  assert.deepEqual([result.status, outcome, reason, given], [status, 'success', '', price], JSON.stringify(result.raw));
}

// `reason` is the text, or a pattern where the text names what grows with the exchange.
function assertFailure(result, status, reason, price = 0) {
  const { outcome, reason: told, price: given } = result.event;
  const said = reason instanceof RegExp && reason.test(told) ? reason : told;
  assert.deepEqual([result.status, outcome, said, given], [status, 'failure', reason, price], JSON.stringify(result.raw));
}

module.exports = { assertFailure, assertSuccess, CustomClient, flat, integrations, leadStep, pingStep, postStep, REASON };
