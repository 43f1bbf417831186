// Read a tenant with the vendor's present client for TypeScript and JavaScript.
//
// Run apart: `node vendors_typescript.cjs SERVER-ADDRESS ORGANIZATION TENANT`, the access token as
// JSON on standard input; the last line that it prints is what it saw as JSON.

'use strict';

const fs = require('node:fs');

globalThis.crypto ??= require('node:crypto').webcrypto; // Node.js 18 keeps it in its module

// The client tells its maker of every call. A test asks nobody but this machine.
const ask = globalThis.fetch;
globalThis.fetch = async (input, init) => {
  if (new URL(input.url ?? input).hostname !== '127.0.0.1') {
    throw new TypeError('only this machine is asked');
  }
  return ask(input, init);
};

const { UiPath } = require('@uipath/uipath-typescript/core');
const { Queues } = require('@uipath/uipath-typescript/queues');

async function main() {
  const [baseUrl, orgName, tenantName] = process.argv.slice(2);
  const { token } = JSON.parse(fs.readFileSync(0, 'utf8'));
  const queues = new Queues(new UiPath({ baseUrl, orgName, tenantName, secret: token }));

  const all = await queues.getAll();
  const paged = [];
  let page = await queues.getAll({ pageSize: 4 });
  const total = page.totalCount;
  paged.push(...page.items);
  while (page.hasNextPage) {
    page = await queues.getAll({ pageSize: 4, cursor: page.nextCursor });
    paged.push(...page.items);
  }
  const folder = all.items[0].folderId;
  const [of] = (await queues.getAll({ folderId: folder })).items;

  console.log(JSON.stringify({
    'all queues': all.items.map((queue) => queue.name),
    'paged queues': paged.map((queue) => queue.name),
    'total': total,
    'folders': [...new Set(all.items.map((queue) => queue.folderName))],
    'first of a folder': { id: of.id, name: of.name, created: of.createdTime },
  }));
}

main();
