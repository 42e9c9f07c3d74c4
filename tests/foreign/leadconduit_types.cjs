'use strict';
// Reads [[kind, text], ...] as JSON from stdin and writes what npm leadconduit-types makes of each: its normal form, or null.
// Argument: the folder with node_modules.
const fs = require('node:fs');
const path = require('node:path');
const { createRequire } = require('node:module');

const installed = createRequire(path.join(path.resolve(process.argv[2]), 'package.json'));
const types = installed('leadconduit-types');

const readers = {
  // Its national number, written as E.164 with the extension behind an x.
  phone(text) {
    const phone = types.phone.parse(text);
    return phone.valid ? `+${phone.country_calling_code}${phone.valueOf()}` : null;
  },
  email(text) {
    const email = types.email.parse(text);
    return email.valid ? email.valueOf() : null;
  },
  zip(text) {
    const code = types.postal_code.parse(text);
    return code.valid ? code.valueOf() : null;
  },
  // It calls everything valid; what it knows, it gives another form or a name.
  state(text) {
    const state = types.state.parse(text);
    return state.valueOf() !== text || state.name !== text ? state.valueOf() : null;
  },
};

const asked = JSON.parse(fs.readFileSync(0, 'utf8'));
process.stdout.write(JSON.stringify(asked.map(([kind, text]) => readers[kind](text))));
