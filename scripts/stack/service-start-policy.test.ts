import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { forbidServiceStarts, removeLeftoverPolicy } from './service-start-policy.ts';

const folder = mkdtempSync(join(tmpdir(), 'throughline-policy-'));
const file = join(folder, 'policy-rc.d');
const isRoot = process.getuid?.() === 0;

beforeEach(() => rmSync(file, { force: true }));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('forbidServiceStarts', () => {
  it('is there for others to run, and gone afterwards', () => {
    const allow = forbidServiceStarts(file);
    expect(statSync(file).mode & 0o111).toBe(0o111);
    expect(readFileSync(file, 'utf8')).toContain('exit 101');
    removeLeftoverPolicy(file);
    expect(existsSync(file)).toBe(true);
    allow();
    expect(existsSync(file)).toBe(false);
  });

  it("leaves an administrator's own policy alone", () => {
    writeFileSync(file, '#!/bin/sh\nexit 101\n');
    forbidServiceStarts(file)();
    removeLeftoverPolicy(file);
    expect(readFileSync(file, 'utf8')).toBe('#!/bin/sh\nexit 101\n');
  });

  it('removes what a killed run left behind', () => {
    forbidServiceStarts(file);
    writeFileSync(file, readFileSync(file, 'utf8').replace(/"startedAt":"[^"]*"/, '"startedAt":"before"'));
    removeLeftoverPolicy(file);
    expect(existsSync(file)).toBe(!isRoot);
  });
});
