import type { KubeObject } from '../model/kube-object.js';
import type { InvalidField } from '../store/api-error.js';
import type { Objects } from '../store/objects.js';
import type { ResourceType } from '../store/resource-type.js';

/** What the API server does to objects of one kind before it stores them. */
export interface AdmissionRule<T extends KubeObject = KubeObject> {
  readonly type: ResourceType<T>;
  /** Gives a new object what only the API server gives. @throws ApiError 403 where something that it names is not there */
  readonly begin?: (draft: T, objects: Objects) => void;
  /** Fills in what was left out. */
  readonly fill?: (draft: T, objects: Objects) => void;
  /** What is wrong with a new or changed object. */
  readonly check?: (object: T) => readonly InvalidField[];
  /** What may not be changed. @throws ApiError for changes that another policy than the schema forbids */
  readonly checkChange?: (present: T, next: T, objects: Objects) => readonly InvalidField[];
}

/** Binds a rule to its kind; its type is checked here once. */
export function rule<T extends KubeObject>(admission: AdmissionRule<T>): AdmissionRule {
  return admission as unknown as AdmissionRule;
}
