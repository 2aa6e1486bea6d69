import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { TOOLS } from '../../scripts/tools/tools.ts';
import { goldenText, renderValuesFile, VALUES_NAMES } from './golden-render.ts';
import { describeWith, toolPath } from './tool-path.ts';

const fileOf = (name: string) => join(import.meta.dirname, 'golden', `${name}.yaml`);

describe('what the chart renders is what was looked at (npm run test:chart -- --update golden)', () => {
  it.each(VALUES_NAMES)('with %s values', async (name) => {
    const text = goldenText(await renderValuesFile(name));
    if (process.env.UPDATE_GOLDEN === 'true') writeFileSync(fileOf(name), text);
    expect(existsSync(fileOf(name))).toBe(true);
    expect(text).toBe(readFileSync(fileOf(name), 'utf8'));
  });
});

describeWith([TOOLS.helm3], 'Helm 3 renders what Helm 4 renders', () => {
  it.each(VALUES_NAMES)('with %s values', async (name) => {
    const text = goldenText(await renderValuesFile(name, toolPath(TOOLS.helm3)));
    expect(text).toBe(readFileSync(fileOf(name), 'utf8'));
  });
});
