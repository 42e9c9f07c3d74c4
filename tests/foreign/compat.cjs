'use strict';
// The address that speaks LeadConduit's own words: npm leadconduit-default sends to it and reads it, and so does
// npm leadconduit-custom; what LeadConduit itself would have answered is asked of leadconduit-default, too.

const assert = require('node:assert/strict');
const { assertFailure, assertSuccess, CustomClient } = require('./custom.cjs');
const { assertSold, assertUnsold, demo, digits, hashesOf, installed, newPerson, transmit } = require('./exchange.cjs');

const { inbound, outbound } = installed('leadconduit-default');
const xml2js = installed('xml2js');

// This client sends no header of its own: the key stands in the address, before the host, and goes out as HTTP Basic.
function address(step, { key = demo.publisher_key, source = demo.source_id } = {}) {
  const url = new URL(`${demo.base_url}/api/v1/compat/leadconduit/${source}/${step}`);
  if (key) Object.assign(url, { username: 'bright-homes', password: key });
  return url.toString();
}

const rehearsing = { key: demo.publisher_test_key, source: demo.test_source_id };

// ---- LeadConduit's standard fields, and those of the vertical as custom fields
const { pages_viewed, time_on_site_seconds, comments } = demo.sample_ping.behaviour;
const roof = { vertical: demo.sample_ping.vertical, ...demo.sample_ping.lead, pages_viewed, time_on_site_seconds, comments };
delete roof.zip;

const hashed = (person) => {
  const { phone_sha256, email_sha256 } = hashesOf(person);
  return { phone_1_sha256: phone_sha256, email_sha256 };
};

const pinged = (zip = '78701') => ({ postal_code: zip, ip_address: '198.51.100.7' });

function submitted(person, zip) {
  const { first_name, last_name, city } = demo.sample_post.contact;
  return { ...pinged(zip), id: `lc-${digits(12)}`, first_name, last_name, city, phone_1: person.phone, email: person.email };
}

const { method, text, captured_at, page_url } = demo.sample_post.consent;
const consent = { consent_method: method, consent_text: text, consent_captured_at: captured_at, consent_page_url: page_url };

async function send(url, lead, custom, more = {}) {
  const vars = { url, lead, default: { custom }, ...more };
  assert.equal(outbound.validate(vars), undefined, 'the client refuses its own settings');
  const request = outbound.request(vars);
  const answer = await transmit(request);
  return { status: answer.status, headers: answer.headers, raw: answer.body, event: outbound.response(vars, request, answer) };
}

const ping = (zip, where, custom = {}) => send(address('ping', where), pinged(zip), { ...roof, ...custom });
const submit = (lead, where, custom = {}) => send(address('submit', where), lead, { ...roof, ...consent, ...custom });

// ---- what this client reports is the answer itself
function assertReport({ status, event }, expected) {
  const { outcome, reason, price } = event;
  assert.deepEqual([status, outcome, reason, Number(price)], expected, JSON.stringify(event));
}

const assertPriced = (result, status, price) => assertReport(result, [status, 'success', '', Number(price)]);
const assertRefused = (result, status, reason) => assertReport(result, [status, 'failure', reason, 0]);
const assertFault = (result, status, reason) => assertReport(result, [status, 'error', reason, 0]);

async function priced(zip, where, custom) {
  const result = await ping(zip, where, custom);
  assert.equal(result.event.outcome, 'success', JSON.stringify(result.event));
  return result;
}

const defaultScenarios = {
  async 'a ping has a price'() {
    const result = await ping('78701', {}, hashed(newPerson()));
    assertPriced(result, 200, result.event.price);
    assert.ok(['30.40', '35.20', '41.60'].includes(String(result.event.price)), result.event.price);
    assert.match(result.event.ping_id, /^png_[0-9a-z]{26}$/);
    return result;
  },
  async 'its submit is sold at that price, and delivered'() {
    const { event } = await priced();
    const result = await submit(submitted(newPerson()), {}, { ping_id: event.ping_id });
    assertPriced(result, 201, event.price);
    const lead = await assertSold(result.event.lead.id, String(event.price));
    assert.equal(lead.ping_id, event.ping_id);
    return result;
  },
  async 'a submit alone is sold, once for its id'() {
    const lead = submitted(newPerson());
    const result = await submit(lead);
    assertPriced(result, 201, result.event.price);
    const stored = await assertSold(result.event.lead.id, String(result.event.price));
    assert.equal(stored.external_id, lead.id);
    const again = await submit(lead);
    assert.deepEqual([again.status, again.event], [result.status, result.event]);
    return again;
  },
  async 'a submit without an id is sold once, too'() {
    const lead = submitted(newPerson());
    delete lead.id;
    const result = await submit(lead);
    assertPriced(result, 201, result.event.price);
    assert.deepEqual((await submit(lead)).event, result.event);
    return result;
  },
  async 'a person this buyer has: duplicate'() {
    const person = newPerson();
    const blind = { scope: 'new', roof_age_years: 25 };
    const sold = await submit(submitted(person, '10001'), {}, blind);
    assertPriced(sold, 201, sold.event.price);
    const known = await ping('10001', {}, { ...blind, ...hashed(person) });
    assertRefused(known, 200, 'filtered, duplicate');
    const { event } = await priced('10001', {}, blind);
    const result = await submit(submitted(person, '10001'), {}, { ...blind, ping_id: event.ping_id });
    assertRefused(result, 201, 'duplicate');
    await assertUnsold(result.event.lead.id, 'duplicate', ['duplicate']);
    return result;
  },
  async 'consent that is too old: failure'() {
    const result = await submit(submitted(newPerson()), {}, { consent_captured_at: '2020-01-01T00:00:00Z' });
    assertRefused(result, 201, 'consent_expired');
    await assertUnsold(result.event.lead.id, 'rejected', ['consent_expired']);
    return result;
  },
  async 'another lead on a used ping: failure'() {
    const { event } = await priced();
    await submit(submitted(newPerson()), {}, { ping_id: event.ping_id });
    const result = await submit(submitted(newPerson()), {}, { ping_id: event.ping_id });
    assertRefused(result, 409, 'A post with another body ended this quote; ping again for a new one.');
    return result;
  },
  async 'a zip of letters: failure by its own name for the field'() {
    const result = await ping('ABCDE');
    assertRefused(result, 422, 'postal_code: Must be a US zip of five digits as text, such as "78701".');
    return result;
  },
  async 'a submit without a phone: failure by its own name for the field'() {
    const lead = submitted(newPerson());
    delete lead.phone_1;
    const result = await submit(lead);
    assertRefused(result, 422, 'phone_1: phone is required: text of at most 40 characters.');
    return result;
  },
  async 'personal data in a ping: failure'() {
    const result = await send(address('ping'), submitted(newPerson()), roof);
    assertReport(result, [422, 'failure', result.event.reason, 0]);
    assert.match(result.event.reason, /A ping carries no personal data \(email\)/);
    return result;
  },
  async 'no vertical: in words'() {
    const result = await send(address('ping'), pinged(), {});
    assertReport(result, [422, 'failure', result.event.reason, 0]);
    assert.match(result.event.reason, /^vertical: /);
    return result;
  },
  async 'nobody buys: failure'() {
    const result = await ping('00002', rehearsing);
    assertRefused(result, 200, 'no_campaign');
    return result;
  },
  async 'test mode: exactly 25.00, sold'() {
    const { event } = await priced('00001', rehearsing);
    assert.equal(String(event.price), '25.00');
    const result = await submit(submitted(newPerson(), '00001'), rehearsing, { ping_id: event.ping_id });
    assertPriced(result, 201, '25.00');
    return result;
  },
  async 'too many requests: error, and when to come again'() {
    const result = await ping('00007', rehearsing);
    assertFault(result, 429, 'Zip 00007 rehearses a rate limit; any other zip is free of it.');
    assert.equal(result.headers['Retry-After'], '1');
    return result;
  },
  async 'a slow answer is a good one'() {
    const started = Date.now();
    const result = await ping('00008', rehearsing);
    assertPriced(result, 200, '25.00');
    assert.ok(Date.now() - started >= 900);
    return result;
  },
  async 'no key: error'() {
    const result = await ping('78701', { key: '' });
    assertFault(result, 401, 'Send "Authorization: Bearer lx_live_..." (or lx_test_...).');
    return result;
  },
  async 'a source of nobody: error'() {
    const result = await ping('78701', { source: 'src_01jd0000000000000000000000' });
    assertReport(result, [result.status, 'error', result.event.reason, 0]);
    assert.ok([404, 422].includes(result.status));
    return result;
  },
  // Personal data has no business in an address that every log keeps.
  async 'GET: error in words'() {
    const result = await send(address('submit'), submitted(newPerson()), { ...roof, ...consent }, { method: 'GET' });
    assertFault(result, 405, 'Send POST.');
    assert.equal(result.headers.Allow, 'POST');
    return result;
  },
};

// ---- leadconduit-custom reads every answer of this address with one setting
const step = (name, key = demo.publisher_key) => ({
  url: `${demo.base_url}/api/v1/compat/leadconduit/${demo.source_id}/${name}`,
  header: { Authorization: `Bearer ${key}` },
  outcome_search_path: 'outcome',
  outcome_search_term: '^success$',
  reason_path: 'reason',
  price_path: 'price',
  reference_path: 'lead.id',
});

function customScenarios(kind) {
  const client = new CustomClient(kind);
  return {
    async 'ping and submit: sold'() {
      const quote = await client.deliver(step('ping'), { ...pinged(), ...roof });
      assertSuccess(quote, 200, quote.raw.price);
      const lead = { ...submitted(newPerson()), ...roof, ...consent, ping_id: quote.event.ping_id };
      const result = await client.deliver(step('submit'), lead);
      assertSuccess(result, 201, quote.raw.price);
      await assertSold(result.event.reference, String(quote.raw.price));
      return result;
    },
    async 'a bad field, and a key nobody issued: the same setting finds the words'() {
      const bad = await client.deliver(step('ping'), { ...pinged('ABCDE'), ...roof });
      assertFailure(bad, 422, 'postal_code: Must be a US zip of five digits as text, such as "78701".', bad.raw.price);
      const result = await client.deliver(step('ping', 'lx_live_nobody'), { ...pinged(), ...roof });
      assertFailure(result, 401, 'The key is mistyped or cut off: its checksum does not match.', result.raw.price);
      return result;
    },
  };
}

// ---- the requests that LeadConduit's own documentation gives for its own addresses, and what it would have answered
const MONEY = /^\d+\.\d\d$/;
const OWN_ADDRESS = /^\/flows\/[^/]+\/sources\/([^/]+)\/(ping|submit)/;

async function replay(example) {
  const uri = example.uri.replace(OWN_ADDRESS, '/api/v1/compat/leadconduit/$1/$2');
  const headers = { ...example.headers, Authorization: `Bearer ${demo.publisher_key}` };
  return transmit({ url: demo.base_url + uri, method: example.method, headers, body: example.body });
}

async function readBody(headers, body) {
  if (!headers['Content-Type'].includes('xml')) return JSON.parse(body);
  return (await xml2js.parseStringPromise(body, { explicitArray: false, emptyTag: '' })).result;
}

// Ours is theirs but for three things: amounts are texts of two decimals as everywhere here, XML is application/xml whichever of
// its two names was asked for, and a ping's answer names the ping too.
async function assertLike(example, answer) {
  const said = await readBody(answer.headers, answer.body);
  const theirs = inbound.response(example, { ...said, price: Number(said.price) });
  const expected = await readBody(theirs.headers, theirs.body);
  const common = Object.fromEntries(Object.keys(expected).map((name) => [name, said[name]]));
  assert.deepEqual({ ...common, price: Number(said.price) }, { ...expected, price: Number(expected.price) }, answer.body);
  assert.match(said.price, MONEY);
  const [kind, theirKind] = [answer, theirs].map(({ headers }) => headers['Content-Type'].split(';')[0].replace('text/', 'application/'));
  assert.deepEqual([answer.status, kind], [theirs.status, theirKind]);
  const read = outbound.response({}, {}, answer);
  assert.deepEqual([read.outcome, read.price, read.lead.id], [said.outcome, said.price, said.lead.id]);
  return { status: answer.status, event: said };
}

function exampleScenarios() {
  const scenarios = {};
  for (const [place, kind] of ['form', 'GET', 'JSON', 'XML', 'form, answered in XML'].entries()) {
    for (const name of ['ping', 'submit']) {
      scenarios[`${name} by ${kind}`] = async () => {
        const person = submitted(newPerson());
        const lead = { ...person, ...roof, ...consent, phone_1: person.phone_1.valueOf(), email: person.email.valueOf() };
        const params = name === 'ping' ? { ...pinged(), ...roof } : lead;
        const example = inbound.request.examples('flow', demo.source_id, params, name === 'ping')[place];
        const answer = await replay(example);
        if (example.method === 'GET') {
          const event = JSON.parse(answer.body);
          assertFault({ status: answer.status, event }, 405, 'Send POST.');
          return { status: answer.status, event };
        }
        const result = await assertLike(example, answer);
        assert.equal(result.event.outcome, 'success', answer.body);
        if (name === 'submit') await assertSold(result.event.lead.id, Number(result.event.price).toFixed(2));
        return result;
      };
    }
  }
  return scenarios;
}

module.exports = { customScenarios, defaultScenarios, exampleScenarios };
