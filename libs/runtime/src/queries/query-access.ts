/** Who may ask whom. Without a token nobody but this machine: then only addresses that lead nowhere else are served and asked. */
import type { StreamsConfig } from '../settings/config.ts';

type AccessConfig = Pick<StreamsConfig, 'applicationServer' | 'applicationServerListen' | 'interactiveQueryToken'>;

/** Where queries of other instances are answered; null: nowhere. */
export function listenAddress({
  applicationServer,
  applicationServerListen,
  interactiveQueryToken,
}: AccessConfig): string | null {
  const address = applicationServerListen ?? applicationServer;
  if (applicationServer === null || address === null) return null;
  return interactiveQueryToken !== null || isLoopback(address) ? address : null;
}

/** Whether other instances may be asked. */
export function mayAsk({ applicationServer, interactiveQueryToken }: AccessConfig): boolean {
  return applicationServer !== null && (interactiveQueryToken !== null || isLoopback(applicationServer));
}

function isLoopback(address: string): boolean {
  return /^(127\.\d{1,3}\.\d{1,3}\.\d{1,3}|localhost|\[::1\]):\d+$/.test(address);
}
