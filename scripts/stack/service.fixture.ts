// Stands in for a service: reports its environment, and dies or refuses to stop when told to.
import { appendFileSync } from 'node:fs';
import { createServer } from 'node:http';

const { HTTP_PORT, OPS_PORT, HOST, EVENTS_FILE, FIXTURE_NAME, IGNORES_SIGTERM, DIES_AT_START } = process.env;

function report(event: string): void {
  if (EVENTS_FILE !== undefined) appendFileSync(EVENTS_FILE, `${FIXTURE_NAME} ${event}\n`);
}

if (DIES_AT_START !== undefined) {
  console.error('the configuration is wrong');
  process.exit(3);
}

const server = createServer((request, response) => {
  if (request.url === '/environment') response.end(JSON.stringify({ ...process.env, pid: process.pid }));
  else response.end('ok');
});
server.listen(Number(HTTP_PORT), HOST);
createServer((_request, response) => response.end('ready')).listen(Number(OPS_PORT), HOST);

report('started');
console.log(JSON.stringify({ level: 40, msg: 'a warning' }));
process.on('SIGTERM', () => {
  report('asked to stop');
  if (IGNORES_SIGTERM === undefined) process.exit(0);
});
