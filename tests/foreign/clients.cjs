'use strict';
// Runs every scenario of every client against a running exchange, one line each. Arguments: the folder with node_modules, demo.json
// of the exchange, and a text that the names of the scenarios to run contain, if not all.

const compat = require('./compat.cjs');
const market = require('./market.cjs');
const quirks = require('./quirks.cjs');

const suites = {
  'custom json': { ...market.suite('json'), ...quirks.jsonQuirks },
  'custom form': { ...market.suite('form'), ...quirks.formQuirks },
  'custom xml': { ...market.suite('xml'), ...quirks.xmlQuirks },
  'custom query': quirks.queryQuirks,
  'custom soap': quirks.soapQuirks,
  'custom json, LeadConduit face': compat.customScenarios('json'),
  'custom form, LeadConduit face': compat.customScenarios('form'),
  'custom xml, LeadConduit face': compat.customScenarios('xml'),
  'default, LeadConduit face': compat.defaultScenarios,
  "LeadConduit's own examples": compat.exampleScenarios(),
};

const only = process.argv[4] ?? '';

// What came back, as the client reports it.
function told({ status, event }) {
  const said = [event.outcome, event.price, event.reason && JSON.stringify(event.reason)];
  return [status, ...said.filter((part) => part !== undefined && part !== null)].join(' ');
}

async function main() {
  let passed = 0;
  let failed = 0;
  for (const [suite, scenarios] of Object.entries(suites)) {
    for (const [name, scenario] of Object.entries(scenarios)) {
      const title = `${suite}: ${name}`;
      if (!title.includes(only)) continue;
      try {
        console.log(`ok    ${title}: ${told(await scenario())}`);
        passed += 1;
      } catch (error) {
        console.log(`FAIL  ${title}\n      ${String(error.stack).split('\n').join('\n      ')}`);
        failed += 1;
      }
    }
  }
  console.log(`${passed} passed, ${failed} failed`);
  process.exitCode = failed ? 1 : 0;
}

main();
