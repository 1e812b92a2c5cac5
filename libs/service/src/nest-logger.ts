import type { Logger } from '@millrace/base';
import type { LoggerService } from '@nestjs/common';

/** NestJS' own messages in our log: warnings and errors only, without their stacks. */
export function nestLogger(logger: Logger): LoggerService {
  const to = (level: 'warn' | 'error') => (message: unknown) =>
    logger.log(level, message instanceof Error ? message.message : String(message));
  return { log: () => undefined, warn: to('warn'), error: to('error') };
}
