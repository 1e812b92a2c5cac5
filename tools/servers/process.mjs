/** Server processes that outlive the command that started them, known by pid files. Only processes started here are ever ended. */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { ServerError } from './home.mjs';

export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** When the kernel started a process: pids are used again, so a pid alone proves nothing. Undefined when it is gone. */
function startedAt(pid) {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
    return fields[0] === 'Z' ? undefined : fields[19];
  } catch {
    if (existsSync('/proc/self/stat')) return undefined;
    try {
      process.kill(pid, 0);
      return 'unknown';
    } catch {
      return undefined;
    }
  }
}

/** The pid of the running process behind a pid file, or undefined. */
export function runningPid(pidFile) {
  if (!existsSync(pidFile)) return undefined;
  const [pid, at] = readFileSync(pidFile, 'utf8').trim().split(' ');
  return startedAt(Number(pid)) === at ? Number(pid) : undefined;
}

export function startProcess({ pidFile, logFile, command, args }) {
  mkdirSync(path.dirname(pidFile), { recursive: true });
  const log = openSync(logFile, 'w');
  const child = spawn(command, args, { detached: true, stdio: ['ignore', log, log] });
  child.unref();
  writeFileSync(pidFile, `${child.pid} ${startedAt(child.pid)}`);
}

/** Ends the process behind a pid file and waits until it is gone; SIGKILL after 20 s. */
export async function stopProcess(pidFile, signal = 'SIGTERM') {
  for (let waited = 0; runningPid(pidFile) !== undefined; waited += 100) {
    if (waited === 0 || waited === 20_000) process.kill(runningPid(pidFile), waited === 0 ? signal : 'SIGKILL');
    await sleep(100);
  }
  rmSync(pidFile, { force: true });
}

/** Waits until `ready()`; fails at once when the process died. */
export async function waitReady({ name, pidFile, logFile, ready, timeoutMs }) {
  for (let waited = 0; !(await ready()); waited += 100) {
    const tail = () => readFileSync(logFile, 'utf8').trim().split('\n').slice(-8).join('\n');
    if (runningPid(pidFile) === undefined)
      throw new ServerError(`${name} died while starting:\n${tail()}`, `Read ${logFile}.`);
    if (waited > timeoutMs)
      throw new ServerError(`${name} is not ready after ${timeoutMs / 1000} s:\n${tail()}`, `Read ${logFile}.`);
    await sleep(100);
  }
}

export function portOpen(host, port) {
  return new Promise((resolve) => {
    const socket = net.connect({ host, port });
    const end = (open) => {
      socket.destroy();
      resolve(open);
    };
    socket.once('connect', () => end(true));
    socket.once('error', () => end(false));
  });
}

export async function requireFree(host, ports) {
  for (const port of ports) {
    if (await portOpen(host, port))
      throw new ServerError(
        `${host}:${port} is in use by another process`,
        'Choose other ports with --kafka-port or --cassandra-port.',
      );
  }
}

/** Runs `body` while no other command works on the same server: a directory is the lock, taken over when its owner is gone. */
export async function withLock(dir, body) {
  const lock = path.join(dir, 'lock');
  mkdirSync(dir, { recursive: true });
  for (;;) {
    try {
      writeFileSync(lock, `${process.pid} ${startedAt(process.pid)}`, { flag: 'wx' });
      break;
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
      if (runningPid(lock) === undefined) rmSync(lock, { force: true });
      else await sleep(200);
    }
  }
  try {
    return await body();
  } finally {
    rmSync(lock, { force: true });
  }
}
