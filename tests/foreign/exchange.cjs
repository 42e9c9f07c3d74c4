'use strict';
// The exchange as the scenarios see it: the wire, our own API with the demo's keys, and new people to sell.

const assert = require('node:assert/strict');
const crypto = require('node:crypto');
const fs = require('node:fs');
const http = require('node:http');
const path = require('node:path');
const { setTimeout: pause } = require('node:timers/promises');
const { createRequire } = require('node:module');

process.env.NODE_ENV = 'test'; // lets the clients' check of addresses pass loopback
const [modules, demoFile] = process.argv.slice(2);
const installed = createRequire(path.join(path.resolve(modules), 'package.json'));
const demo = JSON.parse(fs.readFileSync(demoFile, 'utf8'));
const types = installed('leadconduit-types');

const ANSWER_MS_MAX = 30_000;
const SETTLED_MS_MAX = 30_000;

// ---- the wire: as LeadConduit hands answers over, header names are in Title-Case. `trickle` sends the body in small parts.
async function transmit(request, wire = {}) {
  const answer = await exchange(request, wire);
  assert.ok(answer.status < 500, `a client reads ${answer.status} as "Server error": ${answer.body}`);
  return answer;
}

const measured = ({ headers, body }) => (body === undefined ? headers : { ...headers, 'Content-Length': Buffer.byteLength(body) });

function exchange(request, { trickle = 0 }) {
  return new Promise((resolve, reject) => {
    const sent = http.request(request.url, { method: request.method, headers: measured(request) }, (answer) => {
      const chunks = [];
      answer.on('data', (chunk) => chunks.push(chunk));
      answer.on('end', () => resolve(received(answer, Buffer.concat(chunks).toString('utf8'))));
    });
    sent.setTimeout(ANSWER_MS_MAX, () => sent.destroy(new Error(`no answer within ${ANSWER_MS_MAX} ms: ${request.url}`)));
    sent.on('error', reject);
    if (trickle) writeSlowly(sent, request.body, trickle);
    else sent.end(request.body);
  });
}

function received(answer, body) {
  const headers = {};
  for (const [name, value] of Object.entries(answer.headers)) {
    headers[name.replace(/(^|-)[a-z]/g, (start) => start.toUpperCase())] = value;
  }
  return { status: answer.statusCode, headers, body };
}

async function writeSlowly(sent, body, parts) {
  const size = Math.ceil(body.length / parts);
  for (let place = 0; place < body.length; place += size) {
    sent.write(body.slice(place, place + size));
    await pause(40);
  }
  sent.end();
}

// Sends everything and hangs up without reading the answer, as a client does whose own time limit has passed.
function hangUp(request) {
  return new Promise((resolve, reject) => {
    const sent = http.request(request.url, { method: request.method, headers: measured(request) });
    sent.on('error', (error) => (error.code === 'ECONNRESET' ? resolve() : reject(error)));
    sent.end(request.body, () => sent.destroy());
    sent.on('close', resolve);
  });
}

// ---- our own API
async function ask(where, key = demo.publisher_key) {
  const headers = { Authorization: `Bearer ${key}`, Accept: 'application/json' };
  const answer = await transmit({ url: `${demo.base_url}/api/v1/${where}`, method: 'GET', headers });
  return JSON.parse(answer.body);
}

// Asks until the answer fits: a ping is written down, and a lead delivered, a moment after the answer.
async function askUntil(where, key, fits) {
  const deadline = Date.now() + SETTLED_MS_MAX;
  for (;;) {
    const found = await ask(where, key);
    if (fits(found)) return found;
    assert.ok(Date.now() < deadline, `${where} after ${SETTLED_MS_MAX} ms: ${JSON.stringify(found)}`);
    await pause(50);
  }
}

const pingOnRecord = (id, key = demo.publisher_key) => askUntil(`pings/${id}`, key, (found) => found.id === id);
const leadOnRecord = (id, key = demo.publisher_key) => ask(`leads/${id}`, key);

// What a sale leaves: the lead, the publisher's and the advertiser's side of one sale, and a delivery that the buyer took.
async function assertSold(leadId, payout) {
  const lead = await leadOnRecord(leadId);
  assert.equal(lead.status, 'sold', JSON.stringify(lead));
  assert.deepEqual(lead.payout, { amount: payout, currency: 'USD' });
  assert.deepEqual(lead.legs.map((leg) => leg.status), ['sold']);
  const { data: newest } = await ask('sales?limit=200');
  const mine = newest.filter((sale) => sale.lead_id === leadId);
  assert.deepEqual(mine.map((sale) => [sale.status, sale.amount.amount]), [['sold', payout]]);
  const taken = (found) => found.deliveries?.map((delivery) => delivery.state).join() === 'accepted';
  const bought = await askUntil(`leads/${leadId}`, demo.advertiser_key, taken);
  assert.equal(bought.sales.length, 1);
  assert.ok(Number(bought.price.amount) > Number(payout), 'the advertiser pays the payout and the margin');
  return lead;
}

// What a refusal leaves: a lead that was not sold, for nothing, with its reasons; and nothing on the advertiser's side.
async function assertUnsold(leadId, status, reasons, key = demo.publisher_key) {
  const lead = await leadOnRecord(leadId, key);
  assert.deepEqual([lead.status, lead.payout.amount], [status, '0.00'], JSON.stringify(lead));
  assert.deepEqual(lead.reasons.map((reason) => reason.code).sort(), reasons);
  assert.equal((await leadOnRecord(leadId, demo.advertiser_key)).code, 'not_found');
}

// What a fault leaves: no lead, and a quote that can still be used.
async function assertStillOpen(pingId) {
  const ping = await pingOnRecord(pingId);
  assert.deepEqual([ping.lead_id, ping.quotes.map((quote) => quote.status)], [null, ['quoted']]);
}

// ---- a new person each time: the same phone would be a duplicate
const digits = (count) => Array.from({ length: count }, () => crypto.randomInt(10)).join('');
const sha256 = (text) => crypto.createHash('sha256').update(text).digest('hex');

// Phone and e-mail as this trade's clients normalise them: ten digits without +1.
function newPerson() {
  const phone = types.phone.parse(`(512) ${crypto.randomInt(230, 500)}-${digits(4)}`);
  return { phone, email: types.email.parse(`Dana.Reyes.${digits(12)}@Example.com`) };
}

function hashesOf(person) {
  return { phone_sha256: sha256(`+1${person.phone.valueOf()}`), email_sha256: sha256(person.email.valueOf()) };
}

function pingOf(person, changes = {}) {
  return { ...structuredClone(demo.sample_ping), contact_hashes: hashesOf(person), ...changes };
}

// The same for test mode, where a zip rehearses how a ping ends.
function rehearsalOf(zip) {
  const lead = { ...demo.sample_ping.lead, zip };
  return { ...structuredClone(demo.sample_ping), source: demo.test_source_id, lead };
}

const contactOf = (person) => ({ ...demo.sample_post.contact, ...person });

function postOf(person, quoted, changes = {}) {
  const quotes = quoted.quotes.map((quote) => quote.id);
  return { ...structuredClone(demo.sample_post), ping_id: quoted.id, quote_ids: quotes, contact: contactOf(person), ...changes };
}

module.exports = {
  assertSold, assertStillOpen, assertUnsold, contactOf, demo, digits, hangUp, hashesOf, installed, leadOnRecord, newPerson, pingOf,
  pingOnRecord, postOf, rehearsalOf, transmit,
};
