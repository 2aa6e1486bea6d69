#!/usr/bin/env node
// Runs under the system's Node, whatever its age, and goes on under the repository's Node 24. Plain CommonJS, no syntax younger than Node 14.
'use strict';

const { spawn } = require('node:child_process');
const { existsSync } = require('node:fs');
const path = require('node:path');
const { pathToFileURL } = require('node:url');

const MAIN = path.join(__dirname, '..', 'src', 'main.ts');
const NODE = path.join(__dirname, '..', '..', '..', 'node_modules', 'node', 'bin', 'node');

function handOver() {
  const child = spawn(NODE, [MAIN].concat(process.argv.slice(2)), { stdio: 'inherit' });
  // At a terminal Ctrl-C reaches the child as well; here it only must not end this process before it.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('error', (error) => {
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  });
  child.on('exit', (code, signal) => {
    if (signal === null) process.exit(code);
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.removeAllListeners(name);
    process.kill(process.pid, signal);
  });
}

if (parseInt(process.versions.node, 10) >= 24) import(pathToFileURL(MAIN).href);
else if (existsSync(NODE)) handOver();
else {
  process.stderr.write('throughline: the dependencies are not installed; run npm ci, or npm start, which does it.\n');
  process.exitCode = 1;
}
