// Walks an organization once with the MIT-licensed parts of the official JavaScript SDK, and prints what it found as
// JSON. Usage: node walk.js <way>, with WEBEX_BASE, WEBEX_TOKEN and NODE_EXTRA_CA_CERTS in the environment.
'use strict';

const fs = require('fs');

const base = process.env.WEBEX_BASE;
const discovery = {hydra: base, u2c: base.replace(/\/v1$/, '/u2c')};
// The SDK reads these while it is loaded.
process.env.HYDRA_SERVICE_URL = discovery.hydra;
process.env.U2C_SERVICE_URL = discovery.u2c;

const WebexCore = require('@webex/webex-core').default;
require('@webex/plugin-logger');
require('@webex/plugin-people');

const ways = {
  'all': {max: 1000, excludeStatus: true},
  'calling-data': {max: 100, callingData: true, excludeStatus: true},
  'none': null,
};

async function walk(webex, way) {
  if (!(way in ways)) {
    throw new Error(`there is no way ${way}`);
  }
  await webex.request({method: 'GET', uri: `${base}/licenses`}); // the SDK has no call for it
  const result = {people: 0, units: {}};
  for (let page = ways[way] && (await webex.people.list(ways[way])); page; page = page.hasNext() && (await page.next())) {
    result.people += page.items.length;
    for (const person of page.items) {
      if (person.type === 'person') {
        for (const license of person.licenses) {
          result.units[license] = (result.units[license] || 0) + 1;
        }
      }
    }
  }
  return result;
}

// The most memory that was resident, 0 where the kernel has no such file.
function peakKiB() {
  try {
    return Number(/^VmHWM:\s*(\d+)/m.exec(fs.readFileSync('/proc/self/status', 'latin1'))[1]);
  } catch {
    return 0;
  }
}

const webex = new WebexCore({
  credentials: {access_token: process.env.WEBEX_TOKEN},
  config: {services: {validateDomains: false, discovery}},
});
webex.once('ready', () => {
  walk(webex, process.argv[2]).then(
    (result) => console.log(JSON.stringify({...result, peakKiB: peakKiB()})),
    (error) => {
      console.error(error);
      process.exitCode = 1;
    },
  );
});
