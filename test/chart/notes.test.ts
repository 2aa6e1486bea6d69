import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createFakeTerminal, type FakeService, startFakeService, TOKEN } from '../../packages/cli/src/fake-operations.fixture.ts';
import { runCli } from '../../packages/cli/src/run-cli.ts';
import { tryCommand } from '../../scripts/stack/run-command.ts';
import { type KubeObject, ofKind, theOne } from './kube-object.ts';
import { CHART_FOLDER, type RenderOptions, renderChart } from './render-chart.ts';

interface Notes {
  readonly text: string;
  readonly objects: readonly KubeObject[];
}

const JOURNEY = {
  ...{ eventId: 'e-1', asOf: '2026-01-06T10:30:00Z', type: null, source: null, traceId: null, correlationId: null, parent: null },
  ...{ publications: [], children: [], hasMoreChildren: false, outbox: [], groups: [], silent: [] },
  ...{ index: { lag: null }, services: [] },
};

describe('what Helm says after an install', () => {
  let folder: string;
  let dev: Notes;

  /** Without a cluster no Helm prints the notes: they are rendered into an object. */
  async function notesOf(options: RenderOptions): Promise<Notes> {
    const objects = await renderChart({ ...options, chart: folder });
    const isNotes = ({ metadata }: KubeObject) => metadata.name === 'notes';
    return { text: objects.find(isNotes)?.data?.text ?? '', objects: objects.filter((object) => !isNotes(object)) };
  }

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'chart-'));
    cpSync(CHART_FOLDER, folder, { recursive: true });
    cpSync(join(CHART_FOLDER, 'templates', 'NOTES.txt'), join(folder, 'notes.txt'));
    const object = ['apiVersion: v1', 'kind: ConfigMap', 'metadata: { name: notes }', 'data:'];
    writeFileSync(
      join(folder, 'templates', 'notes.yaml'),
      [...object, '  text: {{ tpl (.Files.Get "notes.txt") . | toJson }}'].join('\n'),
    );
    dev = await notesOf({ release: 'shop' });
  });

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const commandsIn = ({ text }: Notes) =>
    text
      .split('\n')
      .filter((line) => line.startsWith('  '))
      .map((line) => line.trim());

  it('is commands that a shell understands', async () => {
    const commands = commandsIn(dev).filter((line) => !line.startsWith('http'));
    expect(commands.length).toBeGreaterThan(6);
    for (const command of commands) {
      const script = command.replace('<eventId>', 'e-1');
      expect([command, await tryCommand({ command: 'sh', args: ['-nc', script] })]).toEqual([command, { status: 0, output: '' }]);
    }
  });

  it('names services, ports and secrets that there are', () => {
    const forwards = [...dev.text.matchAll(/port-forward -n throughline svc\/(\S+)((?: \d+:\d+)+)/g)];
    expect(forwards.map(([, service]) => service)).toEqual(['shop-throughline-console']);
    for (const [, service = '', pairs = ''] of forwards) {
      const ports = theOne(dev.objects, 'Service', service).spec.ports.map(({ port }: { port: number }) => `${port}`);
      for (const pair of pairs.trim().split(' ')) expect(ports).toContain(pair.split(':')[1]);
    }
    const [, secret = '', key = ''] = /get secret -n throughline (\S+) -o jsonpath='\{\.data\.([\w-]+)\}'/.exec(dev.text) ?? [];
    expect(Object.keys(theOne(dev.objects, 'Secret', secret).data ?? {})).toContain(key);
    expect(dev.text).toContain('helm test shop -n throughline\n');
    expect(dev.text).toContain('-l app.kubernetes.io/instance=shop\n');
  });

  describe('about an event', () => {
    let console: FakeService;

    beforeAll(async () => {
      console = await startFakeService({ service: 'console', routes: { 'GET /journeys/e-1': { body: JOURNEY } } });
    });

    afterAll(() => console.close());

    it('is a command line of throughline that tells its journey, by the ports that are forwarded', async () => {
      const line = commandsIn(dev).find((command) => command.includes('npx throughline')) ?? '';
      const [, variable = '', words = ''] = /^(\w+)=\$\(.*\) npx throughline (.*)$/.exec(line) ?? [];
      const local = [...dev.text.matchAll(/ (\d+):(?:8080|9090)/g)].map(([, port]) => `http://localhost:${port}`);
      const args = words.split(' ').map((word) => (word === '<eventId>' ? 'e-1' : local.includes(word) ? console.url : word));
      expect(args.filter((word) => word.startsWith('http'))).toEqual([console.url, console.url]);
      const terminal = createFakeTerminal({ env: { [variable]: TOKEN, USER: 'mia' } });
      expect([await runCli(args, terminal), terminal.written.err]).toEqual([0, '']);
      expect(terminal.written.out).toContain('e-1');
    });
  });

  describe('about the entrance', () => {
    const entranceOf = async (values: unknown) => {
      const { text } = await notesOf({ values });
      return text.slice(text.indexOf('Where is it?'), text.indexOf('Your first event:'));
    };

    it('is the URL where a port of the nodes or an ingress leads in', async () => {
      const [port] = ofKind(dev.objects, 'Service').flatMap(({ spec }) =>
        (spec.ports as { nodePort?: number }[]).flatMap(({ nodePort }) => nodePort ?? []),
      );
      expect(await entranceOf({})).toMatch(new RegExp(`^ {2}http://localhost:8080 .*port ${port} of a node`, 'm'));
      expect(await entranceOf({})).not.toContain('port-forward');
      expect(await entranceOf({ publicUrl: 'https://events.example.com', ingress: { enabled: true } })).toMatch(
        /^ {2}https:\/\/events\.example\.com$/m,
      );
    });

    it('is a port-forward where nothing but the edge does, and what to switch on where not even that', async () => {
      const edge = { enabled: true, nodePort: 0 };
      expect(await entranceOf({ components: { edge } })).toContain('svc/throughline-edge 8080:8080');
      expect(await entranceOf({ components: { edge: { enabled: false, nodePort: 0 } } })).toContain('Nothing leads in');
    });
  });
});
