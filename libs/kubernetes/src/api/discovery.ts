import { z } from 'zod';
import type { Cluster } from '../cluster.js';
import { groupPath } from '../resources/resource-definition.js';
import type { ApiConnection } from './api-connection.js';
import { isApiError } from './kubernetes-api-error.js';

const ApiResourceList = z.looseObject({ resources: z.array(z.looseObject({ name: z.string() })) });
const Version = z.looseObject({ gitVersion: z.string() });

/** Asks by API discovery what a group serves. */
export function servesResource(connection: ApiConnection): Cluster['serves'] {
  return async (apiVersion, plural, { signal } = {}) => {
    try {
      const answer = await connection.send({ method: 'GET', path: groupPath(apiVersion), signal });
      return ApiResourceList.parse(answer).resources.some(({ name }) => name === plural);
    } catch (error) {
      if (isApiError(error, 404)) return false;
      throw error;
    }
  };
}

/** Asks for the version of the API server. */
export function readVersion(connection: ApiConnection): Cluster['version'] {
  return async ({ signal } = {}) =>
    Version.parse(await connection.send({ method: 'GET', path: '/version', signal })).gitVersion;
}
