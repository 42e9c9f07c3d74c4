'use strict';
// Drives a running exchange with the JSON mode of npm leadconduit-custom: its own code builds each request and reads each answer;
// here stand only what an administrator types into its settings (the mapping), the transport, and the assertions.
// Arguments: the folder with node_modules, and demo.json of the exchange.
process.env.NODE_ENV = 'test'; // lets its check of addresses pass loopback

const assert = require('node:assert/strict');
const crypto = require('node:crypto');
const fs = require('node:fs');
const http = require('node:http');
const path = require('node:path');
const { createRequire } = require('node:module');

const [modules, demoFile] = process.argv.slice(2);
const installed = createRequire(path.join(path.resolve(modules), 'package.json'));
const client = installed('leadconduit-custom').outbound.json;
const types = installed('leadconduit-types');
const flat = installed('flat');
const demo = JSON.parse(fs.readFileSync(demoFile, 'utf8'));

// ---- settings an administrator makes once for each step
const settings = {
  header: { Authorization: `Bearer ${demo.publisher_key}` },
  default_reason: 'no reason in the answer',
};
const reasonOf = { business: 'reasons.*.code', field: 'errors.*.detail', problem: 'detail', legs: 'legs.*.reasons.*.code' };
const pingStep = (reason) => ({
  ...settings,
  url: `${demo.base_url}/api/v1/pings`,
  outcome_search_path: 'status',
  outcome_search_term: '^quoted$',
  reason_path: reason,
  price_path: 'quotes.0.payout.amount',
  reference_path: 'id',
});
const postStep = (reason) => ({
  ...settings,
  url: `${demo.base_url}/api/v1/posts`,
  outcome_search_path: 'status',
  outcome_search_term: '^sold$',
  reason_path: reason,
  price_path: 'payout.amount',
  reference_path: 'lead_id',
});

// ---- transport: as LeadConduit hands answers over, header names are in Title-Case
function transmit(request) {
  return new Promise((resolve, reject) => {
    const sent = http.request(request.url, { method: request.method, headers: request.headers }, (answer) => {
      const chunks = [];
      answer.on('data', (chunk) => chunks.push(chunk));
      answer.on('end', () => {
        const headers = {};
        for (const [name, value] of Object.entries(answer.headers)) {
          headers[name.replace(/(^|-)[a-z]/g, (start) => start.toUpperCase())] = value;
        }
        resolve({ status: answer.statusCode, headers, body: Buffer.concat(chunks).toString('utf8') });
      });
    });
    sent.setTimeout(30000, () => sent.destroy(new Error(`no answer within 30 s: ${request.url}`)));
    sent.on('error', reject);
    sent.end(request.body);
  });
}

async function deliver(step, properties) {
  const vars = { ...step, json_property: flat.flatten(properties) };
  assert.equal(client.validate(vars), undefined, 'the client refuses its own settings');
  const answer = await transmit(client.request(vars));
  return { status: answer.status, headers: answer.headers, raw: JSON.parse(answer.body), event: client.response(vars, {}, answer) };
}

// ---- a new person for every run: the same phone would be a duplicate of the run before
const digits = (count) => Array.from({ length: count }, () => crypto.randomInt(10)).join('');
const sha256 = (text) => crypto.createHash('sha256').update(text).digest('hex');

function newPerson() {
  const phone = types.phone.parse(`(512) ${crypto.randomInt(230, 500)}-${digits(4)}`);
  return { phone, email: types.email.parse(`Dana.Reyes.${digits(12)}@Example.com`), e164: `+1${phone.valueOf()}` };
}

function pingOf(person, changes = {}) {
  const hashes = { phone_sha256: sha256(person.e164), email_sha256: sha256(person.email.valueOf()) };
  return { ...structuredClone(demo.sample_ping), contact_hashes: hashes, ...changes };
}

// The phone goes out as this client normalises it: ten digits without +1.
function postOf(person, quoted, changes = {}) {
  const sample = structuredClone(demo.sample_post);
  const contact = { ...sample.contact, phone: person.phone.valueOf(), email: person.email.valueOf() };
  return { ...sample, ping_id: quoted.id, quote_ids: quoted.quotes.map((quote) => quote.id), contact, ...changes };
}

// ---- assertions on what this client reports
const MONEY = /^\d+\.\d{2}$/;

function assertRefused(result, status, reason) {
  assert.equal(result.status, status, `status ${result.status}: ${JSON.stringify(result.raw)}`);
  assert.equal(result.event.outcome, 'failure', `outcome ${result.event.outcome}`);
  assert.equal(result.event.reason, reason);
  assert.equal(result.event.price, 0);
}

function assertFieldError(result, pointer) {
  assert.equal(result.raw.errors?.length, 1, `expected one error: ${JSON.stringify(result.raw)}`);
  const [error] = result.raw.errors;
  assert.equal(error.pointer, pointer);
  assert.ok(error.detail.length > 10 && error.code.length > 0, 'the error says nothing');
  assertRefused(result, 422, error.detail);
  assert.equal(result.raw.code, 'invalid_request');
  assert.equal(result.headers['Content-Type'].split(';')[0], 'application/json');
}

async function quotedPing(person) {
  const result = await deliver(pingStep(reasonOf.business), pingOf(person));
  assert.equal(result.status, 200, JSON.stringify(result.raw));
  assert.equal(result.event.outcome, 'success', JSON.stringify(result.raw));
  return result;
}

// ---- scenarios, in order; later ones use what earlier ones left
const dana = newPerson();
const left = {};

const scenarios = {
  async 'a ping is quoted: success with the payout as price'() {
    const { event, raw } = await quotedPing(dana);
    assert.match(event.price, MONEY);
    assert.equal(event.price, raw.quotes[0].payout.amount);
    assert.ok(Number(event.price) > 0);
    assert.match(event.reference, /^png_[0-9a-z]{26}$/);
    assert.match(event.quotes[0].id, /^qte_[0-9a-z]{26}$/);
    assert.ok(Date.parse(event.quotes[0].expires_at) > Date.now());
    left.quoted = event;
  },
  async 'a field missing in the post: failure with our reason, and the quote stays open'() {
    const body = postOf(dana, left.quoted);
    delete body.contact.phone;
    const result = await deliver(postStep(reasonOf.field), body);
    assertFieldError(result, '/contact/phone');
  },
  async 'the post is sold: success at the quoted price'() {
    left.post = postOf(dana, left.quoted);
    const result = await deliver(postStep(reasonOf.legs), left.post);
    assert.equal(result.status, 201, JSON.stringify(result.raw));
    assert.equal(result.event.outcome, 'success', JSON.stringify(result.raw));
    assert.equal(result.event.price, left.quoted.price);
    assert.match(result.event.reference, /^led_[0-9a-z]{26}$/);
    left.sold = result;
  },
  async 'the same post again: the same answer, word for word'() {
    const again = await deliver(postStep(reasonOf.legs), left.post);
    assert.equal(again.status, left.sold.status);
    assert.deepEqual(again.event, left.sold.event);
  },
  async 'another post on the used quote: failure 409'() {
    const changed = postOf(newPerson(), left.quoted);
    const result = await deliver(postStep(reasonOf.problem), changed);
    assertRefused(result, 409, result.raw.detail);
    assert.equal(result.raw.code, 'quote_used');
  },
  async 'no bid above what anybody pays: failure below_floor'() {
    const body = pingOf(newPerson(), { min_price: { amount: '9999.00', currency: 'USD' } });
    const result = await deliver(pingStep(reasonOf.business), body);
    const codes = result.raw.reasons.map((reason) => reason.code).sort();
    assertRefused(result, 200, codes.join(', '));
    assert.equal(result.raw.status, 'no_bid');
    assert.ok(codes.includes('below_floor'), `reasons ${codes}`);
  },
  async 'an unknown vertical: failure with our reason'() {
    const result = await deliver(pingStep(reasonOf.field), pingOf(newPerson(), { vertical: 'home.moats' }));
    assertFieldError(result, '/vertical');
  },
  async 'a bad field: failure with our reason'() {
    const body = pingOf(newPerson());
    body.lead.zip = 'ABCDE';
    const result = await deliver(pingStep(reasonOf.field), body);
    assertFieldError(result, '/lead/zip');
  },
  async 'personal data in a ping: failure with our reason'() {
    const body = pingOf(newPerson());
    body.lead.email = 'dana@example.com';
    const result = await deliver(pingStep(reasonOf.field), body);
    assertFieldError(result, '/lead/email');
  },
  async 'an unknown ping id: failure 404'() {
    const unknown = { id: 'png_01jd0000000000000000000000', quotes: [{ id: 'qte_01jd0000000000000000000000' }] };
    const result = await deliver(postStep(reasonOf.problem), postOf(newPerson(), unknown));
    assertRefused(result, 404, result.raw.detail);
    assert.equal(result.raw.code, 'not_found');
  },
  async 'a key nobody issued: failure 401'() {
    const step = { ...pingStep(reasonOf.problem), header: { Authorization: 'Bearer lx_live_nobody' } };
    const result = await deliver(step, pingOf(newPerson()));
    assertRefused(result, 401, result.raw.detail);
    assert.equal(result.raw.code, 'unauthenticated');
  },
};

async function main() {
  let failed = 0;
  for (const [name, scenario] of Object.entries(scenarios)) {
    try {
      await scenario();
      console.log(`ok    ${name}`);
    } catch (error) {
      failed += 1;
      console.log(`FAIL  ${name}\n      ${String(error.message).split('\n').join('\n      ')}`);
    }
  }
  console.log(`${Object.keys(scenarios).length - failed} passed, ${failed} failed`);
  process.exitCode = failed ? 1 : 0;
}

main();
