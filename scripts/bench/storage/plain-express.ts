import { randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { rename } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import express from 'express';
import send from 'send';

/*
 * What one would write without Throughline: files of a folder, served with `send` and written with a stream. No accounts, no fsync,
 * no metadata, no events. Prints its port.
 */

const root = process.argv[2] ?? '.';
const app = express();

app.get('/files/:name', (request, response) => {
  send(request, request.params.name, { root }).pipe(response);
});

app.put('/files/:name', async (request, response) => {
  const partial = join(root, `${randomUUID()}.partial`);
  await pipeline(request, createWriteStream(partial));
  await rename(partial, join(root, request.params.name));
  response.status(201).json({ name: request.params.name });
});

const server = app.listen(0, '127.0.0.1', () => {
  process.stdout.write(`${(server.address() as AddressInfo).port}\n`);
});
