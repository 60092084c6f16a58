/**
 * Whether a notebook may ask a hub for something. Opening a notebook contacts nobody, and its code cannot: what it
 * asks for waits here until the person has seen which host, which repository and how many bytes.
 */
import { Store } from './store.ts';

/** What the person is asked. */
export interface HubQuestion {
  /** What a later request may withdraw it by. */
  readonly key: string;
  readonly address: string;
  readonly repository: string;
  /** Null while only the list of revisions and their sizes are asked for. */
  readonly download: { readonly revisions: number; readonly bytes: number } | null;
  answer(allowed: boolean): void;
}

/** The person said no, or nobody is there to say yes. */
export class HubRefusedError extends Error {
  override readonly name = 'HubRefusedError';
}

const KEPT = 'amuro-hubs';

export class HubConsent {
  /** Open questions, the oldest first. */
  readonly questions = new Store<readonly HubQuestion[]>([]);
  private addresses: readonly string[] | null = null;

  constructor(private readonly storage: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>) {}

  /** Decides without a person, as a headless study must: these addresses and no others. */
  decideBy(addresses: readonly string[]): void {
    this.addresses = addresses.map((address) => address.replace(/\/+$/, ''));
  }

  /**
   * Asks once for each repository of an address; a yes is remembered.
   * @throws HubRefusedError
   */
  async contact(address: string, repository: string, key = `${address} ${repository}`): Promise<void> {
    if (this.allowed.includes(`${address} ${repository}`)) return;
    await this.ask({ key, address, repository, download: null });
    this.allow(address, repository);
  }

  /** Asks for a download. @throws HubRefusedError */
  async download(
    run: string,
    of: Pick<HubQuestion, 'address' | 'repository'> & { readonly download: HubQuestion['download'] },
  ): Promise<void> {
    await this.ask({ key: run, ...of });
  }

  /** As if asked and answered: the person has chosen this repository by hand. */
  allow(address: string, repository: string): void {
    const entry = `${address} ${repository}`;
    this.storage.setItem(KEPT, JSON.stringify([...new Set([...this.allowed, entry])]));
  }

  /** Nobody waits for the answer any more. */
  withdraw(key: string): void {
    this.questions.value.find((question) => question.key === key)?.answer(false);
  }

  withdrawAll(): void {
    for (const question of this.questions.value) question.answer(false);
  }

  forget(): void {
    this.storage.removeItem(KEPT);
  }

  private get allowed(): readonly string[] {
    try {
      const kept: unknown = JSON.parse(this.storage.getItem(KEPT) ?? '[]');
      return Array.isArray(kept) ? kept.map(String) : [];
    } catch {
      return []; // what somebody else wrote there allows nothing
    }
  }

  private async ask(question: Omit<HubQuestion, 'answer'>): Promise<void> {
    const { address, repository } = question;
    if (this.addresses !== null) {
      if (this.addresses.includes(address)) return;
      const problem = `${repository}: ${address} may not be asked: nobody is here to allow it; give --hub ${address}`;
      throw new HubRefusedError(problem);
    }
    const yes = await new Promise<boolean>((resolve) => {
      const answer = (allowed: boolean): void => {
        this.questions.set(this.questions.value.filter((each) => each !== asked));
        resolve(allowed);
      };
      const asked = { ...question, answer };
      this.questions.set([...this.questions.value, asked]);
    });
    if (!yes)
      throw new HubRefusedError(
        `${repository}: not allowed to ask ${address}; run the cell again to be asked again`,
      );
  }
}
