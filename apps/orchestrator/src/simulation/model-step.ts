/** A step of a service: it yields the milliseconds until its next request or program. */
export type ModelStep = Generator<number, unknown, void>;
