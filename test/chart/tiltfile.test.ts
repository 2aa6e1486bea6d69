import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { systems } from '../../scripts/systems.ts';
import { TOOLS } from '../../scripts/tools/tools.ts';
import { type KubeObject, ofKind } from './kube-object.ts';
import { renderChart } from './render-chart.ts';
import { runTiltfile, type TiltCall } from './run-tiltfile.ts';
import { describeWith } from './tool-path.ts';

const ROOT = join(import.meta.dirname, '..', '..');

function callsOf<Name extends TiltCall['call']>(calls: readonly TiltCall[], name: Name) {
  return calls.filter((call): call is Extract<TiltCall, { call: Name }> => call.call === name);
}

/** What the Tiltfile's Helm command renders, without the cluster that it asks for generated secrets. */
function renderFor(calls: readonly TiltCall[]): Promise<readonly KubeObject[]> {
  const [{ command } = { command: [] }] = callsOf(calls, 'local');
  expect(command.slice(0, 4)).toEqual(['helm', 'template', 'throughline', 'charts/throughline']);
  const withoutCluster = command.slice(4).filter((argument) => !/^--(dry-run|kube-context|namespace|values)=/.test(argument));
  return renderChart({ args: withoutCluster });
}

describeWith([TOOLS.starlark, TOOLS.helm], 'the Tiltfile', () => {
  let calls: readonly TiltCall[];
  let rendered: readonly KubeObject[];

  beforeAll(async () => {
    calls = await runTiltfile();
    rendered = await renderFor(calls);
  });

  const workloads = (objects: readonly KubeObject[]) =>
    ofKind(objects, 'Deployment')
      .map(({ metadata }) => metadata.name)
      .sort();

  it('has a resource for each Deployment that the chart renders, and for nothing else', () => {
    expect(
      callsOf(calls, 'k8s_resource')
        .map(({ workload }) => workload)
        .sort(),
    ).toEqual(workloads(rendered));
  });

  it('gives Tilt what Helm renders, with the values of kind, and looks again when the chart changes', () => {
    const [{ command } = { command: [] }] = callsOf(calls, 'local');
    expect(callsOf(calls, 'k8s_yaml')).toEqual([{ call: 'k8s_yaml', yaml: command }]);
    expect(command).toEqual(
      expect.arrayContaining(['--values=charts/throughline/ci/dev-values.yaml', '--namespace=throughline', '--dry-run=server']),
    );
    expect(callsOf(calls, 'watch_file')).toEqual([{ call: 'watch_file', path: 'charts/throughline' }]);
  });

  it('does not run what `helm test` runs', () => {
    expect(ofKind(rendered, 'Pod')).toEqual([]);
  });

  it('builds the image that every service runs, and keeps nobody from changing files in it', () => {
    const [build] = callsOf(calls, 'docker_build');
    const services = ofKind(rendered, 'Deployment')
      .flatMap(({ spec }) => spec.template.spec.containers)
      .filter(({ args }) => args?.[0]?.startsWith('services/'));
    expect(services).toHaveLength(8);
    for (const { image, securityContext } of services) {
      expect(image).toBe(`${build?.ref}:dev`);
      expect(securityContext.readOnlyRootFilesystem).toBe(false);
    }
    expect(readFileSync(join(ROOT, build?.dockerfile ?? ''), 'utf8')).toMatch(new RegExp(`^FROM .* AS ${build?.target}$`, 'm'));
  });

  it('copies folders that are there to where the image has them, and builds anew when dependencies change', () => {
    const [build] = callsOf(calls, 'docker_build');
    const [first, ...steps] = build?.live_update ?? [];
    expect(first).toEqual({ step: 'fall_back_on', files: ['package.json', 'package-lock.json'] });
    expect(steps.length).toBeGreaterThan(1);
    const dockerfile = readFileSync(join(ROOT, 'Dockerfile'), 'utf8');
    for (const step of steps) {
      if (step.step !== 'sync') throw new Error('only the first step may be fall_back_on');
      expect(existsSync(join(ROOT, step.local_path))).toBe(true);
      expect(dockerfile).toContain(`COPY ${step.local_path} ${step.local_path}`);
      expect(step.remote_path).toBe(`/app/${step.local_path}`);
      expect(build?.entrypoint).toContain(`--watch-path=${step.remote_path}`);
    }
  });

  it('starts services as the image does, but for the watching', () => {
    const [build] = callsOf(calls, 'docker_build');
    expect(build?.entrypoint[0]).toBe('node');
    expect(build?.entrypoint.join(' ')).toContain('--import @throughline/telemetry/register');
  });

  it('forwards ports that are free, to the ports that services listen on', () => {
    const forwards = callsOf(calls, 'k8s_resource').flatMap(({ port_forwards }) => port_forwards);
    expect(new Set(forwards.map(({ local_port }) => local_port)).size).toBe(forwards.length);
    for (const { name, container_port } of forwards) expect(container_port).toBe(name === 'http' ? 8080 : 9090);
    const declared = Object.values(systems).flat();
    for (const { name, port_forwards } of callsOf(calls, 'k8s_resource')) {
      const service = declared.find((each) => each.name === name);
      if (service !== undefined)
        expect([name, port_forwards.map(({ local_port }) => local_port)]).toEqual([
          name,
          [service.ports.http, service.ports.ops],
        ]);
    }
  });

  it('waits for resources that there are, and groups everything', () => {
    const resources = [...callsOf(calls, 'k8s_resource'), ...callsOf(calls, 'local_resource')];
    const names = resources.map(({ name }) => name);
    for (const { name, resource_deps, labels } of resources) {
      expect([name, resource_deps.filter((dependency) => !names.includes(dependency))]).toEqual([name, []]);
      expect([name, labels]).toEqual([name, [expect.stringMatching(/^[a-z]+$/)]]);
    }
  });

  it('has buttons for demos and tests, which run when they are pressed and are scripts that exist', () => {
    const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { scripts: Record<string, string> };
    const buttons = callsOf(calls, 'local_resource');
    expect(buttons.map(({ name }) => name)).toEqual(['tests', 'demo-storage', 'demo-intake']);
    for (const { cmd, trigger_mode, auto_init } of buttons) {
      expect(Object.keys(scripts)).toContain(/^npm (?:run )?(\S+)/.exec(cmd)?.[1]);
      expect({ trigger_mode, auto_init }).toEqual({ trigger_mode: 'manual', auto_init: false });
    }
  });

  it.each(Object.keys(systems))('is narrowed by --system %s to that system', async (system) => {
    const narrowed = await runTiltfile([system]);
    const own = (systems[system] ?? []).map(({ name }) => name);
    expect(
      callsOf(narrowed, 'k8s_resource')
        .map(({ name }) => name)
        .sort(),
    ).toEqual([...own, 'console', 'edge', 'throughline-postgresql', 'throughline-redis'].sort());
    expect(
      callsOf(narrowed, 'k8s_resource')
        .map(({ workload }) => workload)
        .sort(),
    ).toEqual(workloads(await renderFor(narrowed)));
    expect(callsOf(narrowed, 'local_resource').map(({ name }) => name)).toEqual(['tests', `demo-${system}`]);
  });

  it('names the systems there are when it is asked for another', async () => {
    await expect(runTiltfile(['billing'])).rejects.toThrow('there is no system billing; there are storage, intake');
  });
});
