import { Failure } from '../../domain/failure.ts';
import { displayObject } from '../../store/ledger-state.ts';
import { changeStore } from '../../store/open-store.ts';
import { removeObject } from '../../store/remove-object.ts';
import type { System } from '../../system/system.ts';
import { readWholeVersions } from '../../versions/records.ts';
import { placeOfStore, type StoreRequest } from '../place-of-store.ts';
import { imageNamed, usersOf } from './image-named.ts';

/**
 * Removes an image for good, and returns what it was called as a tag. Throws Failure `no-image`, `needed` where versions
 * use it, `held`, and `version-record` where a record cannot be read: what it refers to is not known then.
 */
export async function removeImage(system: System, request: StoreRequest & { readonly name: string }): Promise<string> {
  return changeStore(await placeOfStore(system, request), (store) => {
    const image = imageNamed(store, request.name);
    const users = usersOf(image.name, readWholeVersions(store.files));
    if (users.length > 0)
      throw needed(
        image.name,
        users.map(({ id }) => id),
      );
    removeObject(store, image);
    return displayObject(store.state, image);
  });
}

function needed(image: string, versions: readonly string[]): Failure {
  return new Failure({
    code: 'needed',
    kind: 'input',
    message: `Cannot remove the image ${image}: ${versions.join(', ')} ${versions.length === 1 ? 'needs' : 'need'} it`,
    advice: 'migrate prune removes versions with the images that only they need',
  });
}
