import { readStartOptions, startHelp } from './start-options.ts';

const defaults = { systemNames: ['storage', 'shop'], edgePort: 8080, root: '/repository' };
const read = (...args: string[]) => readStartOptions(args, defaults);

describe('readStartOptions', () => {
  it('runs all systems on the usual port without options', () => {
    expect(read()).toEqual({
      wantsHelp: false,
      systems: ['storage', 'shop'],
      edgePort: 8080,
      dataDir: '/repository/.throughline',
      wantsReset: false,
      isConfirmed: false,
      isVerbose: false,
    });
  });

  it.each([
    [['--only', 'shop'], ['shop']],
    [['--only=storage, shop'], ['storage', 'shop']],
    [['--only', 'stack'], []],
  ])('%j runs %j', (args, systems) => {
    expect(read(...args).systems).toEqual(systems);
  });

  it.each([
    [['--prot', '8081'], "Unknown option '--prot'"],
    [['8081'], "Unexpected argument '8081'"],
    [['--only', 'stoarge'], '--only does not know stoarge'],
    [['--port', '80a'], '--port takes a number from 1 to 65535, not "80a"'],
    [['--port', '0'], '--port takes a number'],
    [['--port'], "'--port <value>' argument missing"],
  ])('%j is refused: %s', (args, message) => {
    expect(() => read(...args)).toThrow(message);
  });
});

describe('startHelp', () => {
  it.each(['--only', '--port', '--data-dir', '--reset', '--yes', '--verbose', 'storage', '8080'])('tells about %s', (word) => {
    expect(startHelp(defaults.systemNames, defaults.edgePort)).toContain(word);
  });
});
