'use strict';
// What only one integration of npm leadconduit-custom can do, right or wrong: other methods, bodies inside a form field, GET, SOAP.

const assert = require('node:assert/strict');
const { promisify } = require('node:util');
const { assertFailure, assertSuccess, CustomClient, flat, integrations, pingStep, postStep, REASON } = require('./custom.cjs');
const { assertSold, demo, newPerson, pingOf, pingOnRecord, postOf } = require('./exchange.cjs');

const json = new CustomClient('json');
const form = new CustomClient('form');
const xml = new CustomClient('xml');
const query = new CustomClient('query');

const lead = demo.sample_ping.lead;

async function refusedType(client, name) {
  const step = pingStep(REASON.detail);
  step.header['Content-Type'] = name;
  const result = await client.deliver(step, pingOf(newPerson()));
  assertFailure(result, 415, `Send application/json, application/x-www-form-urlencoded or application/xml, not ${name}.`);
  return result;
}

async function refusedSize(client) {
  const body = pingOf(newPerson());
  body.behaviour.comments = 'x'.repeat(70_000);
  const result = await client.deliver(pingStep(REASON.detail), body);
  assertFailure(result, 413, 'Send at most 65536 bytes.');
  return result;
}

async function refusedMethod(client, method, step = pingStep) {
  const result = await client.deliver({ ...step(REASON.detail), method }, pingOf(newPerson()));
  assertFailure(result, 405, 'Send POST.');
  assert.equal(result.headers.Allow, 'POST');
  return result;
}

async function refusedAddress(client, where) {
  const result = await client.deliver({ ...pingStep(REASON.detail), url: `${demo.base_url}/${where}` }, pingOf(newPerson()));
  assertFailure(result, 404, 'There is nothing at this address.');
  return result;
}

const jsonQuirks = {
  'a mistyped address: 404 in words': () => refusedAddress(json, 'api/v1/ping'),
  'a slash too many: 404 in words': () => refusedAddress(json, 'api/v1/pings/'),
  'PUT: 405 in words': () => refusedMethod(json, 'PUT'),
  'PATCH: 405 in words': () => refusedMethod(json, 'PATCH'),
  'DELETE: 405 in words': () => refusedMethod(json, 'DELETE', postStep),
  'another kind of JSON: 415 in words': () => refusedType(json, 'application/vnd.api+json'),
  'a body of 70 kB: 413 in words': () => refusedSize(json),
  async 'an array for a body: 400 in words'() {
    const step = { ...pingStep(REASON.detail), mapping: { json_property: { 0: 'a', 1: 'b' } } };
    const result = await json.deliver(step, {});
    assertFailure(result, 400, 'The body must be a JSON object.');
    return result;
  },
  async 'the key as a password: quoted'() {
    const step = { ...pingStep(), header: {}, basic_username: 'bright-homes', basic_password: demo.publisher_key };
    const result = await json.deliver(step, pingOf(newPerson()));
    assertSuccess(result, 200, result.raw.payout.amount);
    return result;
  },
  async 'a password that is no key: 401 in words'() {
    const step = { ...pingStep(REASON.detail), header: {}, basic_username: 'bright-homes', basic_password: 'secret' };
    const result = await json.deliver(step, pingOf(newPerson()));
    assertFailure(result, 401, 'The key is mistyped or cut off: its checksum does not match.');
    return result;
  },
  async 'an answer read as plain text: outcome, price and reference by pattern'() {
    const step = {
      ...pingStep(),
      response_content_type_override: 'text/plain',
      outcome_search_path: undefined,
      outcome_search_term: '"status":"quoted"',
      price_path: '"payout":\\{"amount":"([0-9.]+)"',
      reference_path: '^\\{"id":"(png_[0-9a-z]+)"',
      capture: { quote: '(qte_[0-9a-z]+)' },
      cookie_search_term: 'session',
    };
    const result = await json.deliver(step, pingOf(newPerson()));
    assertSuccess(result, 200, result.raw.payout.amount);
    assert.deepEqual([result.event.reference, result.event.quote], [result.raw.id, result.raw.quotes[0].id]);
    assert.equal(result.event.cookie, undefined, 'an API sets no cookies');
    return result;
  },
  async 'failure told by the words of a failure: on_match failure'() {
    const step = { ...pingStep(), outcome_search_term: '^no_bid$', outcome_on_match: 'failure' };
    const quoted = await json.deliver(step, pingOf(newPerson()));
    assertSuccess(quoted, 200, quoted.raw.payout.amount);
    const refused = await json.deliver(step, pingOf(newPerson(), { min_price: { amount: '9999.00', currency: 'USD' } }));
    assertFailure(refused, 200, 'below_floor, filtered, filtered', '0.00');
    return refused;
  },
};

const formQuirks = {
  'a body of 70 kB: 413 in words': () => refusedSize(form),
  async 'names in brackets, not encoded, and texts of numbers and booleans'() {
    const body = { source: demo.source_id, vertical: 'home.roofing', 'lead[roof_age_years]': '12', 'lead[authorised]': 'Yes' };
    for (const [name, value] of Object.entries(lead)) body[`lead[${name}]`] = value;
    const result = await form.deliver({ ...pingStep(), encode_form_field_names: false }, body);
    assertSuccess(result, 200, result.raw.payout.amount);
    const stored = await pingOnRecord(result.raw.id);
    assert.deepEqual(stored.lead, { ...lead, state: 'TX', roof_age_years: 12, authorised: true });
    return result;
  },
  async 'letters beyond ASCII, as they are and made plain'() {
    for (const send_ascii of [false, true]) {
      const person = newPerson();
      const { event: quote } = await form.deliver(pingStep(), pingOf(person));
      const body = postOf(person, quote);
      Object.assign(body.contact, { first_name: 'José', last_name: 'Łuczak' });
      const result = await form.deliver({ ...postStep(), send_ascii }, body);
      assertSuccess(result, 201, quote.price);
      const { contact } = await assertSold(result.event.reference, quote.price);
      assert.equal(contact.last_name, send_ascii ? 'L***' : 'Ł***');
      if (send_ascii) return result;
    }
  },
  async 'JSON inside one form field: 422 in words'() {
    const result = await json.deliver({ ...pingStep(REASON.fields), json_parameter: 'payload' }, pingOf(newPerson()));
    assertFailure(result, 422, 'source is required.');
    return result;
  },
  async 'nothing at all: 422 in words'() {
    const result = await form.deliver(pingStep(REASON.fields), {});
    assertFailure(result, 422, 'source is required.');
    return result;
  },
};

const xmlQuirks = {
  'PUT: 405 in words': () => refusedMethod(xml, 'PUT'),
  'another kind of XML: 415 in words': () => refusedType(xml, 'application/soap+xml'),
  'a body of 70 kB: 413 in words': () => refusedSize(xml),
  async 'attributes instead of elements: 400 in words'() {
    const step = { ...pingStep(REASON.detail), mapping: { xml_path: flat.flatten({ ping: { lead: { '@zip': '78701' } } }) } };
    const result = await xml.deliver(step, {});
    assertFailure(result, 400, 'Attributes are not read: write <zip> as an element inside <lead>.');
    return result;
  },
  async 'an empty document: 400 in words'() {
    const result = await xml.deliver({ ...pingStep(REASON.detail), mapping: { xml_path: {} } }, {});
    assertFailure(result, 400, /^This is not well-formed XML: /);
    return result;
  },
  async 'application/xml with a charset'() {
    const step = pingStep();
    step.header['Content-Type'] = 'application/xml; charset=utf-8';
    const result = await xml.deliver(step, pingOf(newPerson()));
    assertSuccess(result, 200, result.raw.payout.amount);
    return result;
  },
  async 'XML inside one form field: 422 in words'() {
    const result = await xml.deliver({ ...pingStep(REASON.fields), xml_parameter: 'payload' }, pingOf(newPerson()));
    assertFailure(result, 422, 'source is required.');
    return result;
  },
  async 'texts of numbers and booleans'() {
    const body = pingOf(newPerson());
    Object.assign(body.lead, { roof_age_years: '12', authorised: 'N' });
    const result = await xml.deliver(pingStep(), body);
    assertSuccess(result, 200, result.raw.payout.amount);
    const stored = await pingOnRecord(result.raw.id);
    assert.deepEqual(stored.lead, { ...lead, state: 'TX', roof_age_years: 12, authorised: false });
    return result;
  },
};

// Personal data has no business in an address that every log keeps, so GET is refused everywhere.
const queryQuirks = {
  'a ping by GET: 405 in words': () => refusedMethod(query),
  'a post by GET: 405 in words': () => refusedMethod(query, undefined, postStep),
};

async function soap(where, change = {}) {
  const vars = { url: `${demo.base_url}/${where}`, function: 'AddLead', outcome_search_term: 'sold', bearer_token: demo.publisher_key };
  assert.equal(integrations.soap.validate({ ...vars, ...change }), undefined);
  return promisify(integrations.soap.handle)({ ...vars, ...change, 'arg.zip': '78701' });
}

async function refusedSoap(where, status, words) {
  const error = await soap(where).then(
    (event) => assert.fail(`an event: ${JSON.stringify(event)}`),
    (raised) => raised,
  );
  assert.match(error.message, new RegExp(`Code: ${status}`));
  assert.ok(error.message.includes(words), error.message);
  return { status, event: { outcome: 'error', reason: error.message.split('\n')[0].trim() } };
}

// There is no SOAP face: the client looks for a WSDL by GET, and its error carries our words.
const soapQuirks = {
  'no WSDL where pings go: 405 in words': () => refusedSoap('api/v1/pings?wsdl', 405, 'Send POST.'),
  'no WSDL elsewhere: 404 in words': () => refusedSoap('api/v1/soap?wsdl', 404, 'There is nothing at this address.'),
};

module.exports = { formQuirks, jsonQuirks, queryQuirks, soapQuirks, xmlQuirks };
