// Runs inside the guest, started by guest.ts: takes jobs over one TCP connection from the host, and halts the guest when
// the connection ends. Node runs this file as it is, so it has erasable syntax and imports of Node's own modules only.
import { spawn, type ChildProcess } from 'node:child_process';
import { createServer, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import type { GuestReport, GuestRequest } from './guest-protocol.js';

const children = new Map<number, ChildProcess>();

function start(request: GuestRequest & { readonly type: 'start' }, report: (report: GuestReport) => void): void {
  const { id } = request;
  const child = spawn(request.program, request.args, {
    cwd: request.workingDirectory,
    env: { ...process.env, ...request.env },
  });
  children.set(id, child);
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream].setEncoding('utf8').on('data', (text: string) => {
      report({ type: 'output', id, stream, text });
    });
  }
  child.stdin.on('error', () => undefined);
  child.on('spawn', () => {
    report({ type: 'started', id, pid: child.pid ?? 0 });
  });
  child.on('error', (error) => {
    children.delete(id);
    report({ type: 'failed', id, message: error.message });
  });
  child.on('close', (exitCode, signal) => {
    if (children.delete(id)) report({ type: 'ended', id, exitCode, signal });
  });
}

function obey(request: GuestRequest, report: (report: GuestReport) => void): void {
  switch (request.type) {
    case 'start':
      start(request, report);
      break;
    case 'write': {
      const stdin = children.get(request.id)?.stdin;
      stdin?.write(request.text);
      if (request.end) stdin?.end();
      break;
    }
    case 'signal':
      children.get(request.id)?.kill(request.signal as NodeJS.Signals);
      break;
    case 'halt':
      process.exit(0);
  }
}

const server = createServer((socket: Socket) => {
  server.close();
  socket.setNoDelay(true);
  const report = (message: GuestReport): void => {
    socket.write(`${JSON.stringify(message)}\n`);
  };
  createInterface({ input: socket }).on('line', (line) => {
    obey(JSON.parse(line) as GuestRequest, report);
  });
  socket.on('error', () => undefined).on('close', () => process.exit(0));
});
server.listen({ host: process.env['UML_GUEST_IP'], port: 7000 }, () => {
  console.log(`agent ready ${String(process.env['UML_HOST_IP'])} ${String(process.env['UML_GUEST_IP'])} 7000`);
});
