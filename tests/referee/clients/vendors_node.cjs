// Read a tenant with the vendor's older client for Node.js, made for servers of 2018.
//
// Run apart: `node vendors_node.cjs PORT`, the login as JSON on standard input; prints what it saw
// as JSON.

'use strict';

const fs = require('node:fs');
const { promisify } = require('node:util');
const Orchestrator = require('uipath-orchestrator');

async function main() {
  const login = JSON.parse(fs.readFileSync(0, 'utf8'));
  const client = new Orchestrator({
    ...login,
    hostname: '127.0.0.1',
    port: Number(process.argv[2]),
    isSecure: false,
  });
  const read = (name, query = {}) => promisify(client.v2.odata[name])(query);

  const sessions = await read('getSessions', { $expand: 'Robot', $orderby: 'Id' });
  const machines = await read('getMachines');
  const queues = await read('getQueueDefinitions', { $top: 1000, $orderby: 'Name' });
  const status = await read('getRetrieveQueuesProcessingStatus');
  const items = await read('getQueueItems', { $top: 5, $filter: "Status eq 'New'" });
  const license = await read('getLicense');
  const permissions = await read('getCurrentUserPermissions');
  const stats = await promisify(client.v2.api.getSessionStats)({});

  console.log(JSON.stringify({
    'sessions': sessions.value.map((row) => row.Robot.Name),
    'sessions counted': sessions['@odata.count'],
    'unresponsive': sessions.value.filter((row) => row.IsUnresponsive).map((row) => row.Robot.Name),
    'machines': machines.value.map((row) => row.Name),
    'queues': queues.value.map((row) => row.Name),
    'waiting': Object.fromEntries(
      status.value.map((row) => [row.QueueDefinitionName, row.ItemsToProcess]),
    ),
    'items': items.value.length,
    'allowed': license.Allowed,
    'used': license.Used,
    'stats': Object.fromEntries(stats.map((row) => [row.title, row.count])),
    'permissions': permissions.Permissions,
  }));
}

main();
