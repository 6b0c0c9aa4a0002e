// SPDX-License-Identifier: Apache-2.0

/** Whether it is the model that comes with krait that the server describes so. */
export function isEmbeddedModel(description: string | undefined): boolean {
  return description?.startsWith('krait-default (') ?? false;
}
