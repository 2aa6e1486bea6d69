import { CommandFailedError } from '../installation/run-with-input.ts';
import { findRelease, type Kubectl } from './cluster-installation-release.ts';

const TOKEN = { name: 'OPERATIONS_TOKEN', valueFrom: { secretKeyRef: { name: 'operators', key: 'token' } } };

function deployment(name: string, component: string, env: readonly object[]) {
  const labels = { 'app.kubernetes.io/component': component };
  return { metadata: { name, labels }, spec: { template: { spec: { containers: [{ env }] } } } };
}

const find = (kubectl: Kubectl) => findRelease({ namespace: 'events', release: 'mine', kubectl });
const failing = (said: string): Kubectl => {
  return async () => {
    throw new CommandFailedError('kubectl', 1, said);
  };
};

describe('findRelease', () => {
  it('knows each component by its Deployment, whatever that is called, and where the operators’ token is', async () => {
    const items = [deployment('mine-throughline-console', 'console', [{ name: 'HOST' }, TOKEN]), deployment('db', 'redis', [])];
    const asked: string[] = [];
    const components = await find(async (args) => {
      asked.push(args.join(' '));
      return JSON.stringify({ items });
    });
    expect(Object.fromEntries(components)).toEqual({
      console: { deployment: 'mine-throughline-console', operationsToken: { secret: 'operators', key: 'token' } },
      redis: { deployment: 'db', operationsToken: undefined },
    });
    const selector = 'app.kubernetes.io/instance=mine,app.kubernetes.io/part-of=throughline';
    expect(asked).toEqual([`get deployments --selector ${selector} --output json`]);
  });

  it('says that there is no such release', async () => {
    await expect(find(async () => '{"items":[]}')).rejects.toThrow('there is no release mine in namespace events');
  });

  it('says that there is no such namespace', async () => {
    const kubectl: Kubectl = async (args) =>
      args[1] === 'namespace' ? failing('Error from server (NotFound): namespaces "events" not found')(args) : '{"items":[]}';
    await expect(find(kubectl)).rejects.toThrow('there is no namespace events in the cluster of the present kube context');
  });

  it('takes a namespace that nobody may look at as one that is there', async () => {
    const kubectl: Kubectl = async (args) =>
      args[1] === 'namespace' ? failing('Error from server (Forbidden): namespaces "events" is forbidden')(args) : '{"items":[]}';
    await expect(find(kubectl)).rejects.toThrow('there is no release mine');
  });

  it('says in one line why the cluster does not answer', async () => {
    const said = 'E1121 couldn’t get current server API group list\nThe connection to the server localhost:8080 was refused';
    await expect(find(failing(said))).rejects.toThrow(
      /^kubectl cannot ask the cluster of the present kube context: The connection to the server localhost:8080 was refused$/,
    );
  });
});
