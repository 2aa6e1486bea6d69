import { join } from 'node:path';
import { tryCommand } from '../../scripts/stack/run-command.ts';
import { TOOLS } from '../../scripts/tools/tools.ts';
import { VALUES_NAMES } from './golden-render.ts';
import { CHART_FOLDER } from './render-chart.ts';
import { describeWith, toolPath } from './tool-path.ts';

describe.each([TOOLS.helm, TOOLS.helm3])('$title', (tool) => {
  describeWith([tool], 'has nothing against the chart', () => {
    it.each(VALUES_NAMES)('with %s values', async (name) => {
      const args = [
        'lint',
        '--strict',
        '--quiet',
        CHART_FOLDER,
        '--kube-version=1.34.0',
        `--values=${join(CHART_FOLDER, 'ci', `${name}-values.yaml`)}`,
      ];
      expect(await tryCommand({ command: toolPath(tool), args })).toEqual({ status: 0, output: '' });
    });
  });
});
