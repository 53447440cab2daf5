/** How long the API server may take to say whether a bare Pod could be made again; webhooks may be asked for it. */
export const tryMs = 10_000;
