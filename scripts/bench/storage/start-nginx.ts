import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { installPackage } from '../../stack/apt.ts';
import { findProgram } from '../../stack/find-program.ts';
import { pollUntil } from '../../stack/poll-until.ts';
import { askTcp, createPortFinder, LOOPBACK } from '../../stack/ports.ts';
import type { Progress } from '../../stack/progress.ts';
import type { ComparisonServer } from '../start-plain-server.ts';

/** Starts nginx on a folder, with sendfile and PUT. @throws {StackError} naming the command that installs it, when it is missing and cannot be. */
export async function startNginx(options: { root: string; workDir: string; progress: Progress }): Promise<ComparisonServer> {
  const { root, workDir, progress } = options;
  if (findProgram('nginx') === undefined) {
    await installPackage({ packageName: 'nginx', program: 'nginx', serviceName: 'nginx', progress });
  }
  const port = await createPortFinder()([]);
  mkdirSync(workDir, { recursive: true });
  const file = join(workDir, 'nginx.conf');
  writeFileSync(file, configuration({ root, workDir, port }));
  const child = spawn(findProgram('nginx') ?? 'nginx', ['-p', workDir, '-c', file, '-e', join(workDir, 'error.log')], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const exited = once(child, 'exit');
  const stop = async () => {
    child.kill('SIGTERM');
    await exited;
  };
  const probe = async () => {
    const answer = await askTcp({ host: LOOPBACK, port, request: Buffer.from('GET / HTTP/1.0\r\n\r\n'), timeoutMs: 1_000 });
    return answer.toString('latin1').startsWith('HTTP/1.');
  };
  try {
    await pollUntil({ probe, timeoutMs: 10_000, description: 'nginx' });
  } catch (error) {
    await stop();
    throw error;
  }
  return { port, stop };
}

function configuration({ root, workDir, port }: { root: string; workDir: string; port: number }): string {
  return `daemon off;
pid ${workDir}/nginx.pid;
worker_processes auto;
${process.getuid?.() === 0 ? 'user root;' : ''}
events { worker_connections 256; }
http {
  access_log off;
  sendfile on;
  tcp_nopush on;
  keepalive_requests 10000000;
  client_max_body_size 0;
  client_body_temp_path ${workDir}/body;
  proxy_temp_path ${workDir}/proxy;
  fastcgi_temp_path ${workDir}/fastcgi;
  uwsgi_temp_path ${workDir}/uwsgi;
  scgi_temp_path ${workDir}/scgi;
  server {
    listen ${LOOPBACK}:${port};
    location /files/ { alias ${root}/; dav_methods PUT; }
  }
}
`;
}
