'use strict';
// What every administrator meets on /pings, /posts and /leads: the same scenarios for the JSON, form and XML integration.

const assert = require('node:assert/strict');
const { assertFailure, assertSuccess, CustomClient, leadStep, pingStep, postStep, REASON } = require('./custom.cjs');
const {
  assertSold, assertStillOpen, assertUnsold, contactOf, demo, digits, newPerson, pingOf, pingOnRecord, postOf, rehearsalOf,
} = require('./exchange.cjs');

// The demo's campaign "Texas roofs" bids 38.00, 44.00 or 52.00 by score; the publisher gets 80 % of it.
const PAYOUTS = ['30.40', '35.20', '41.60'];
const LATE = '2020-01-01T00:00:00Z';

// [what is wrong, change of a good ping, pointer, what the client says]
const PING_FAULTS = [
  ['an unknown vertical', { vertical: 'home.moats' }, '/vertical', /^No such vertical\. Known: education, home\.roofing, [a-z_., ]+\.$/],
  ['a zip of letters', { lead: { ...demo.sample_ping.lead, zip: 'ABCDE' } }, '/lead/zip', 'Must be a US zip of five digits as text, such as "78701".'],
  ['a zip that does not exist', { lead: { ...demo.sample_ping.lead, zip: '00000' } }, '/lead/zip', 'There is no US zip 00000.'],
  ['a state that is none', { lead: { ...demo.sample_ping.lead, state: 'Ontario' } }, '/lead/state', 'Must be a US state of two letters, such as TX.'],
  ['a zip of another state', { lead: { ...demo.sample_ping.lead, state: 'CA' } }, '/lead/state', 'Zip 78701 is in TX, not in CA. Correct one of the two.'],
  ['a choice that is none', { lead: { ...demo.sample_ping.lead, scope: 'demolish' } }, '/lead/scope', "'demolish' is not known here. Must be one of new, repair, replace."],
  ['a field nobody knows', { lead: { ...demo.sample_ping.lead, roof_typ: 'tile' } }, '/lead/roof_typ', 'Home, roofing has no such field. Did you mean roof_type?'],
  ['personal data in a ping', { lead: { ...demo.sample_ping.lead, email: 'dana@example.com' } }, '/lead/email', 'A ping carries no personal data (email). The e-mail address goes into the post; contact_hashes.email_sha256 may stand for it here.'],
  ['a hash that is none', { contact_hashes: { phone_sha256: 'abc' } }, '/contact_hashes/phone_sha256', 'Give 64 hexadecimal characters, or leave it out.'],
];

function scenariosOf(client) {
  const ping = (body, reason, key) => client.deliver(pingStep(reason, key), body);
  const post = (body, reason, key) => client.deliver(postStep(reason, key), body);

  async function quoted(person, body = pingOf(person)) {
    const result = await ping(body);
    assert.equal(result.event.outcome, 'success', JSON.stringify(result.raw));
    return result.event;
  }

  async function rehearsed(zip) {
    return ping(rehearsalOf(zip), REASON.codes, demo.publisher_test_key);
  }

  const scenarios = {
    async 'a ping is quoted: the payout as price'() {
      const result = await ping(pingOf(newPerson()));
      assertSuccess(result, 200, result.raw.quotes[0].payout.amount);
      assert.ok(PAYOUTS.includes(result.event.price), result.event.price);
      assert.match(result.event.reference, /^png_[0-9a-z]{26}$/);
      assert.ok(Date.parse(result.event.quotes[0].expires_at) > Date.now());
      const stored = await pingOnRecord(result.event.reference);
      assert.deepEqual([stored.status, stored.payout.amount, stored.lead_id], ['quoted', result.event.price, null]);
      assert.deepEqual(stored.lead, { ...demo.sample_ping.lead, state: 'TX' });
      return result;
    },
    async 'the post is sold at the quoted price, and delivered'() {
      const person = newPerson();
      const quote = await quoted(person);
      const result = await post(postOf(person, quote));
      assertSuccess(result, 201, quote.price);
      const lead = await assertSold(result.event.reference, quote.price);
      assert.deepEqual([lead.ping_id, lead.consent.method], [quote.reference, 'checkbox']);
      return result;
    },
    async 'the same post again: the first answer, and one sale'() {
      const person = newPerson();
      const body = postOf(person, await quoted(person));
      const first = await post(body);
      const again = await post(body);
      assert.deepEqual([again.status, again.event], [first.status, first.event]);
      await assertSold(first.event.reference, first.event.price);
      return again;
    },
    async 'a client that hung up before the answer posts again: sold once'() {
      const person = newPerson();
      const quote = await quoted(person);
      const body = postOf(person, quote);
      await client.deliverAndHangUp(postStep(), body);
      const again = await post(body);
      assertSuccess(again, 201, quote.price);
      await assertSold(again.event.reference, quote.price);
      return again;
    },
    async 'a body that trickles in is read like any other'() {
      const person = newPerson();
      const quote = await quoted(person);
      const result = await client.deliver(postStep(), postOf(person, quote), { trickle: 20 });
      assertSuccess(result, 201, quote.price);
      return result;
    },
    async 'another lead on the used quote: 409 in words'() {
      const person = newPerson();
      const quote = await quoted(person);
      const sold = await post(postOf(person, quote));
      const result = await post(postOf(newPerson(), quote), REASON.detail);
      assertFailure(result, 409, 'A post with another body ended this quote; ping again for a new one.');
      assert.equal(result.raw.code, 'quote_used');
      await assertSold(sold.event.reference, quote.price);
      return result;
    },
    async 'a post without a phone: 422 in words, and the quote stays open'() {
      const person = newPerson();
      const quote = await quoted(person);
      const body = postOf(person, quote);
      delete body.contact.phone;
      const result = await post(body, REASON.fields);
      assertFailure(result, 422, 'phone is required: text of at most 40 characters.');
      assert.equal(result.raw.errors[0].pointer, '/contact/phone');
      await assertStillOpen(quote.reference);
      const mended = await post(postOf(person, quote));
      assertSuccess(mended, 201, quote.price);
      return result;
    },
    async 'consent that is too old: a lead that is rejected, with the reason'() {
      const person = newPerson();
      const quote = await quoted(person);
      const consent = { ...demo.sample_post.consent, captured_at: LATE };
      const result = await post(postOf(person, quote, { consent }));
      assertFailure(result, 201, 'consent_expired', '0.00');
      await assertUnsold(result.event.reference, 'rejected', ['consent_expired']);
      return result;
    },
    async 'a lead that changed since its ping: rejected, with the reason'() {
      const person = newPerson();
      const quote = await quoted(person);
      const result = await post(postOf(person, quote, { lead: { zip: '10001' } }));
      assertFailure(result, 201, 'ping_mismatch', '0.00');
      await assertUnsold(result.event.reference, 'rejected', ['ping_mismatch']);
      return result;
    },
    async 'a person this buyer has: no bid with the hash, duplicate without'() {
      const person = newPerson();
      // Only "New roofs, best leads" buys these, and no person twice within 90 days. An old roof scores well above what it asks.
      const lead = { ...demo.sample_ping.lead, zip: '10001', scope: 'new', roof_age_years: 25 };
      const blind = { ...structuredClone(demo.sample_ping), lead };
      const first = await quoted(person, blind);
      const sold = await post(postOf(person, first));
      assertSuccess(sold, 201, first.price);
      const known = await ping(pingOf(person, { lead }));
      assertFailure(known, 200, 'duplicate, filtered, filtered', '0.00');
      const second = await quoted(person, blind);
      const result = await post(postOf(person, second));
      assertFailure(result, 201, 'duplicate', '0.00');
      await assertUnsold(result.event.reference, 'duplicate', ['duplicate']);
      return result;
    },
    async 'nobody pays the price asked for: no bid, below_floor'() {
      const result = await ping(pingOf(newPerson(), { min_price: { amount: '9999.00', currency: 'USD' } }));
      assertFailure(result, 200, 'below_floor, filtered, filtered', '0.00');
      const stored = await pingOnRecord(result.raw.id);
      assert.deepEqual([stored.status, stored.quotes], ['no_bid', []]);
      return result;
    },
    async 'an unknown ping: 404 in words'() {
      const unknown = { id: 'png_01jd0000000000000000000000', quotes: [{ id: 'qte_01jd0000000000000000000000' }] };
      const result = await post(postOf(newPerson(), unknown), REASON.detail);
      assertFailure(result, 404, 'No such ping.');
      return result;
    },
    async 'a ping without a source: 422 in words'() {
      const body = pingOf(newPerson());
      delete body.source;
      const result = await ping(body, REASON.fields);
      assertFailure(result, 422, 'source is required.');
      return result;
    },
    async 'a key nobody issued: 401 in words'() {
      const result = await ping(pingOf(newPerson()), REASON.detail, 'lx_live_nobody');
      assertFailure(result, 401, 'The key is mistyped or cut off: its checksum does not match.');
      return result;
    },
    async "an advertiser's key: 403 in words"() {
      const result = await ping(pingOf(newPerson()), REASON.detail, demo.advertiser_key);
      assertFailure(result, 403, 'This key lacks the scope pings:write.');
      return result;
    },
    async 'ping and post in one call: sold'() {
      const person = newPerson();
      const external_id = `form-${digits(12)}`;
      const body = { ...pingOf(person), ...structuredClone(demo.sample_post), contact: contactOf(person), external_id };
      const result = await client.deliver(leadStep(), body);
      assertSuccess(result, 201, result.raw.payout.amount);
      assert.ok(PAYOUTS.includes(result.event.price), result.event.price);
      const lead = await assertSold(result.event.reference, result.event.price);
      assert.equal(lead.external_id, external_id);
      const again = await client.deliver(leadStep(), body);
      assert.deepEqual(again.event, result.event);
      return result;
    },
    async 'ping and post in one call without a key: 400 in words'() {
      const person = newPerson();
      const body = { ...pingOf(person), ...structuredClone(demo.sample_post), contact: contactOf(person) };
      const result = await client.deliver(leadStep(REASON.detail), body);
      assertFailure(result, 400, 'Send an Idempotency-Key header, or external_id in the body: a lead is sold once only.');
      return result;
    },
    async 'test mode, zip 00001: sold for exactly 25.00 of play money'() {
      const bid = await rehearsed('00001');
      assertSuccess(bid, 200, '25.00');
      const result = await post(postOf(newPerson(), bid.event), REASON.codes, demo.publisher_test_key);
      assertSuccess(result, 201, '25.00');
      return result;
    },
    async 'test mode, zip 00002: no buyers'() {
      const result = await rehearsed('00002');
      assertFailure(result, 200, 'no_campaign', '0.00');
      return result;
    },
    async 'test mode, zip 00006: the post is rejected'() {
      const bid = await rehearsed('00006');
      assertSuccess(bid, 200, '25.00');
      const result = await post(postOf(newPerson(), bid.event), REASON.codes, demo.publisher_test_key);
      assertFailure(result, 201, 'consent_scope', '0.00');
      await assertUnsold(result.event.reference, 'rejected', ['consent_scope'], demo.publisher_test_key);
      return result;
    },
    async 'test mode, zip 00007: 429 in words'() {
      const result = await ping(rehearsalOf('00007'), REASON.detail, demo.publisher_test_key);
      assertFailure(result, 429, 'Zip 00007 rehearses a rate limit; any other zip is free of it.');
      assert.equal(result.headers['Retry-After'], '1');
      return result;
    },
    async 'test mode, zip 00008: a slow answer is a good one'() {
      const started = Date.now();
      const result = await rehearsed('00008');
      assertSuccess(result, 200, '25.00');
      assert.ok(Date.now() - started >= 900);
      return result;
    },
  };
  for (const [fault, change, pointer, reason] of PING_FAULTS) {
    scenarios[`${fault}: 422 in words`] = async () => {
      const result = await ping(pingOf(newPerson(), change), REASON.fields);
      assertFailure(result, 422, reason);
      assert.deepEqual(result.raw.errors.map((error) => error.pointer), [pointer]);
      return result;
    };
  }
  return scenarios;
}

const suite = (kind) => scenariosOf(new CustomClient(kind));

module.exports = { suite };
