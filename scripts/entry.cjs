// The one script that runs under the system's Node, whatever its age (14.18 or newer): it sees to the dependencies,
// Node 24 among them, and hands over to that. Plain CommonJS, no syntax younger than Node 14.
'use strict';

const { spawn, spawnSync } = require('node:child_process');
const { createHash } = require('node:crypto');
const fs = require('node:fs');
const path = require('node:path');

const ROOT = path.resolve(__dirname, '..');
const MODULES = path.join(ROOT, 'node_modules');
const NODE = path.join(MODULES, 'node', 'bin', 'node');
const STAMP = path.join(MODULES, '.throughline-lock');
const INSTALL_LOCK = path.join(ROOT, '.throughline', 'install.lock');
const BOOTSTRAP = path.join(ROOT, '.throughline', 'bootstrap');
/** The npm that installs the dependencies where Node is old. */
const BOOTSTRAP_NPM = '11.19.1';

function readIfThere(file) {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch (_error) {
    return undefined;
  }
}

function lockHash() {
  return createHash('sha256')
    .update(fs.readFileSync(path.join(ROOT, 'package-lock.json')))
    .digest('hex');
}

/** Whether npm's own record of what is installed says the same as the lock file, as after an `npm install`. */
function installedMatchesLock() {
  const record = readIfThere(path.join(MODULES, '.package-lock.json'));
  if (record === undefined) return false;
  const installed = JSON.parse(record).packages;
  const wanted = JSON.parse(fs.readFileSync(path.join(ROOT, 'package-lock.json'), 'utf8')).packages;
  return Object.keys(wanted).every((key) => {
    if (!key.startsWith('node_modules/')) return true;
    const entry = wanted[key];
    if (installed[key] === undefined) return (entry.optional === true || entry.devOptional === true) && !isForThisMachine(entry);
    return installed[key].version === entry.version && installed[key].integrity === entry.integrity;
  });
}

/** Whether an optional package names this platform: without it a program has no binary. */
function isForThisMachine(entry) {
  if (entry.os === undefined || entry.cpu === undefined) return false;
  const libc = process.platform === 'linux' && process.report.getReport().header.glibcVersionRuntime ? 'glibc' : 'musl';
  const fits = entry.os.includes(process.platform) && entry.cpu.includes(process.arch);
  return fits && (entry.libc === undefined || entry.libc.includes(libc));
}

function nodeWorks() {
  return spawnSync(NODE, ['--version'], { stdio: 'ignore' }).status === 0;
}

function isInstalled() {
  if (readIfThere(STAMP) === lockHash()) return fs.existsSync(NODE);
  if (!installedMatchesLock() || !nodeWorks()) return false;
  fs.writeFileSync(STAMP, lockHash());
  return true;
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

function pause(milliseconds) {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}

/** Renamed before it is deleted, so that of two who find the lock of a dead process only one takes it away, and never a fresh one for good. */
function takeAway(owner) {
  const stale = `${INSTALL_LOCK}.stale.${process.pid}`;
  try {
    fs.renameSync(INSTALL_LOCK, stale);
    if (Number(readIfThere(stale)) !== owner) fs.linkSync(stale, INSTALL_LOCK);
  } catch (error) {
    if (error.code !== 'ENOENT' && error.code !== 'EEXIST') throw error;
  }
  fs.rmSync(stale, { force: true });
}

/** Two commands started at once must not both rewrite node_modules: the second waits for the first. */
function takeInstallLock() {
  fs.mkdirSync(path.dirname(INSTALL_LOCK), { recursive: true });
  const own = `${INSTALL_LOCK}.${process.pid}`;
  fs.writeFileSync(own, String(process.pid));
  let hasSpoken = false;
  try {
    for (;;) {
      try {
        fs.linkSync(own, INSTALL_LOCK);
        return;
      } catch (error) {
        if (error.code !== 'EEXIST') throw error;
      }
      const owner = Number(readIfThere(INSTALL_LOCK));
      if (owner > 0 && !isAlive(owner)) takeAway(owner);
      else if (!hasSpoken) {
        hasSpoken = true;
        console.error('  dependencies     another command is installing them, waiting …');
      }
      pause(200);
    }
  } finally {
    fs.unlinkSync(own);
  }
}

function runOrExit(command, args, options) {
  // stdout belongs to the script that follows.
  const { status, error } = spawnSync(command, args, Object.assign({ stdio: ['ignore', 2, 2] }, options));
  if (status === 0) return;
  console.error(`  dependencies     ${command} ${args.join(' ')} failed${error ? `: ${error.message}` : ` (${status})`}`);
  process.exit(status || 1);
}

/** npm's name for the package that holds nothing but the program. */
function nodePackage() {
  const platform = `${process.platform}-${process.arch}`;
  return platform === 'darwin-arm64' ? `node-bin-${platform}` : `node-${platform}`;
}

/**
 * npm leaves out optional packages (native programs) whose `engines` exclude the Node it runs on, so an old one would make an
 * installation with holes. What it can do is fetch a Node and an npm that make a whole one.
 */
function installerEnvironment() {
  if (parseInt(process.versions.node, 10) >= 24) return process.env;
  fs.mkdirSync(BOOTSTRAP, { recursive: true });
  fs.writeFileSync(path.join(BOOTSTRAP, 'package.json'), '{ "private": true }\n');
  const { node } = require('../package.json').devDependencies;
  const wanted = [`${nodePackage()}@${node}`, `npm@${BOOTSTRAP_NPM}`];
  console.error(`  dependencies     Node ${process.versions.node} is old, fetching ${node} …`);
  const args = ['install', '--no-save', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'].concat(wanted);
  runOrExit('npm', args, { cwd: BOOTSTRAP });
  const bin = path.join(BOOTSTRAP, 'node_modules', '.bin');
  return Object.assign({}, process.env, { PATH: bin + path.delimiter + (process.env.PATH || '') });
}

function install() {
  const startedAt = Date.now();
  const env = installerEnvironment();
  console.error('  dependencies     installing with npm ci …');
  runOrExit('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: ROOT, env });
  // npm may be set not to run install scripts; the one of the package `node` fetches the program itself.
  if (!nodeWorks()) runOrExit('node', ['installArchSpecificPackage.js'], { cwd: path.join(MODULES, 'node'), env });
  if (!nodeWorks()) {
    console.error(`  dependencies     ${NODE} does not run on this machine`);
    process.exit(1);
  }
  fs.rmSync(BOOTSTRAP, { recursive: true, force: true });
  fs.writeFileSync(STAMP, lockHash());
  console.error(`  dependencies     installed in ${((Date.now() - startedAt) / 1000).toFixed(1)} s`);
}

function ensureInstalled() {
  if (isInstalled()) return;
  takeInstallLock();
  process.on('exit', releaseInstallLock);
  if (!isInstalled()) install();
  releaseInstallLock();
  process.removeListener('exit', releaseInstallLock);
}

function releaseInstallLock() {
  if (readIfThere(INSTALL_LOCK) === String(process.pid)) fs.unlinkSync(INSTALL_LOCK);
}

function handOver(script, args) {
  const env = { ...process.env, PATH: path.join(MODULES, '.bin') + path.delimiter + (process.env.PATH || '') };
  // The channel carries no messages. Its closing tells the script that this process is gone, however it ended.
  const child = spawn(NODE, [path.resolve(ROOT, script)].concat(args), { stdio: ['inherit', 'inherit', 'inherit', 'ipc'], env });
  // At a terminal Ctrl-C reaches the child as well; here it only must not end this process before it.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('error', (error) => {
    console.error(error.message);
    process.exit(1);
  });
  child.on('exit', (code, signal) => {
    if (signal === null) process.exit(code);
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.removeAllListeners(name);
    process.kill(process.pid, signal);
  });
}

const [script, ...scriptArgs] = process.argv.slice(2);
if (script === undefined) {
  console.error('usage: node scripts/entry.cjs <script.ts> [arguments]');
  process.exit(2);
}
ensureInstalled();
handOver(script, scriptArgs);
