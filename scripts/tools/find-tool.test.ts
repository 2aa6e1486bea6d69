import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findTool, presentTool } from './find-tool.ts';
import { TOOLS } from './tools.ts';

const PATH = process.env.PATH ?? '';

describe('findTool', () => {
  let folder: string;
  let bin: string;
  const options = () => ({ folder: join(folder, 'tools'), progress: () => {} });

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'tools-'));
    bin = join(folder, 'bin');
    mkdirSync(bin);
    process.env.PATH = bin;
  });

  afterEach(() => {
    process.env.PATH = PATH;
    rmSync(folder, { recursive: true, force: true });
  });

  function putProgram(name: string, script: string): string {
    const file = join(bin, name);
    writeFileSync(file, `#!/bin/sh\nPATH='${PATH}'\n${script}\n`);
    chmodSync(file, 0o755);
    return file;
  }

  it('takes what is on PATH in a fitting version', async () => {
    const helm = putProgram('helm', 'echo v4.1.0');
    expect(await findTool(TOOLS.helm, options())).toBe(helm);
    expect(await presentTool(TOOLS.helm3, options().folder)).toBeUndefined();
  });

  it.each(['v3.9.4', 'v3.21.1', 'v2.17.0'])('does not take %s for Helm 3', async (version) => {
    putProgram('helm', `echo ${version}`);
    expect(await presentTool(TOOLS.helm3, options().folder)).toBeUndefined();
  });

  it('builds what is not there with Go, once, in the exact version', async () => {
    putProgram('go', `echo "$@" >> '${folder}/calls'; printf '#!/bin/sh\\n' > "$GOBIN/helm"`);
    const path = await findTool(TOOLS.helm, options());
    expect(await findTool(TOOLS.helm, options())).toBe(path);
    expect(path).toContain('@v4.3.1');
    expect(readFileSync(join(folder, 'calls'), 'utf8').trim()).toBe(
      'install -trimpath -ldflags -s -w -X helm.sh/helm/v4/internal/version.version=v4.3.1 helm.sh/helm/v4/cmd/helm@v4.3.1',
    );
  });

  it('leaves nothing that looks built when the build fails', async () => {
    putProgram('go', 'echo no network >&2; exit 1');
    await expect(findTool(TOOLS.kubeScore, options())).rejects.toMatchObject({
      code: 'COMMAND_FAILED',
      message: expect.stringContaining('no network'),
    });
    expect(await presentTool(TOOLS.kubeScore, options().folder)).toBeUndefined();
  });

  it('says what is missing, and what it could be built with', async () => {
    await expect(findTool(TOOLS.kubeconform, options())).rejects.toMatchObject({
      code: 'MISSING_PROGRAM',
      message:
        'kubeconform is missing: put kubeconform on PATH, or Go 1.26, with which github.com/yannh/kubeconform/cmd/kubeconform@v0.8.0 is built',
    });
  });
});
