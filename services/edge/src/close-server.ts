import type { Server } from 'node:http';
import type { Doors } from './open-doors.ts';

/** Takes no new connections, closes those that fall idle, and at the deadline those that are left. */
export async function closeServer(server: Server, doors: Doors, deadlineMs: number): Promise<void> {
  const deadline = setTimeout(() => server.closeAllConnections(), deadlineMs);
  const idle = setInterval(() => server.closeIdleConnections(), 50);
  const closed = doors.close();
  server.closeIdleConnections();
  await closed;
  clearTimeout(deadline);
  clearInterval(idle);
}
