import { Logger } from '@nestjs/common';
import { SnapfleetError } from '@snapfleet/contracts';

/** Tells the log an event name with fields; an error is told with its cause. */
export function reportTo(context: string): (event: string, fields: Record<string, unknown>) => void {
  const logger = new Logger(context);
  return (event, { error, ...fields }) => {
    if (error === undefined) logger.log({ event, ...fields });
    else logger.warn({ event, ...fields, error: SnapfleetError.from(error).message });
  };
}
