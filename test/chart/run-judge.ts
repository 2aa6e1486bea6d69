import { spawn } from 'node:child_process';

/** What a program that judges objects on its standard input prints; how it ends says only whether it found something. */
export function runJudge(program: string, args: readonly string[], input: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
    child.once('error', reject);
    child.once('close', (status, signal) =>
      status === 0 || status === 1 ? resolve(output) : reject(new Error(`${program} ended with ${status ?? signal}`)),
    );
    child.stdin.end(input);
  });
}
