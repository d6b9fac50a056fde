import axe from 'axe-core';
import type { AxeResults } from 'axe-core';
import { chromium } from 'playwright-core';
import type { Browser, BrowserContext, BrowserContextOptions, Locator, Page } from 'playwright-core';
import type { Test } from 'tap';
import { layerline } from './layerline.js';
import { within } from './processes.js';
import { skipWithout } from './tools.js';

const CHROMIUM = process.env['CHROMIUM'] ?? '/usr/bin/chromium';
/** Where the machine is busy with other tests. */
const PATIENCE_MS = 120_000;
const GRAVE = ['serious', 'critical'];
/** What Chromium itself says of requests that fail; some tests take the coordinator away. */
const UNREACHABLE = /^Failed to load resource: net::ERR_/;

/** Why tests in a browser are skipped, or false where there is one. */
export const skip = skipWithout(CHROMIUM, '--version');

/** The pages of a dashboard that a run has, by the words that lead there. */
export const RUN_PAGES = ['Overview', 'Charts', 'Layers', 'Test', 'Log', 'Config'] as const;

/** Starts a Chromium, which ends with the test. */
export async function openBrowser(t: Test): Promise<Browser> {
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });
  t.teardown(() => browser.close());
  return browser;
}

/** How somebody comes to a dashboard. */
export interface Coming extends BrowserContextOptions {
  readonly role?: 'viewer' | 'operator';
}

/** Somebody who is signed in to a dashboard, in a browser with nothing else in it. */
export class Visitor {
  /** What a sound page never does: complaints on the console, exceptions, and requests to other hosts. */
  readonly faults: string[] = [];

  private constructor(
    readonly context: BrowserContext,
    readonly origin: string,
    /** The tab that has been signed in with. */
    readonly page: Page,
  ) {}

  /** Signs in to the only dashboard of a folder. @param cwd where its coordinator was started */
  static async come(t: Test, browser: Browser, cwd: string, { role, ...how }: Coming = {}): Promise<Visitor> {
    const { stdout, stderr } = await layerline(t, ['dashboard', ...(role === undefined ? [] : ['--role', role])], {
      cwd,
    });
    const address = stdout.trim();
    if (!URL.canParse(address)) throw new Error(`layerline dashboard printed no address: ${stderr}`);
    const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...how });
    context.setDefaultTimeout(PATIENCE_MS);
    const visitor = new Visitor(context, new URL(address).origin, await context.newPage());
    visitor.#watch();
    await visitor.page.goto(address);
    await visitor.page.locator('.who').waitFor();
    return visitor;
  }

  /** Opens a place in a tab of its own. @param fragment such as `#/runs/ID` */
  async tab(fragment: string): Promise<Page> {
    const page = await this.context.newPage();
    await page.goto(`${this.origin}/${fragment}`);
    return page;
  }

  /** Opens a run in the first tab. @param page one of {@link RUN_PAGES} */
  async openRun(run: string, page: (typeof RUN_PAGES)[number] = 'Overview'): Promise<void> {
    await this.page.goto(`${this.origin}/${runFragment(run)}`);
    await this.turnTo(page);
  }

  /** Turns to another page of the run. */
  async turnTo(page: (typeof RUN_PAGES)[number]): Promise<void> {
    const tab = this.page.getByRole('navigation', { name: 'Pages of the run' }).getByRole('link', { name: page });
    await tab.click();
    await this.page.locator('nav.tabs [aria-current=page]', { hasText: page }).waitFor();
  }

  #watch(): void {
    const complain = (text: string): void => {
      if (!UNREACHABLE.test(text)) this.faults.push(text);
    };
    this.context.on('console', (message) => {
      if (message.type() === 'error') complain(message.text());
    });
    this.context.on('weberror', (error) => complain(String(error.error())));
    this.context.on('request', (request) => {
      const { protocol, origin } = new URL(request.url());
      if (protocol !== 'data:' && origin !== this.origin) complain(`request to ${request.url()}`);
    });
  }
}

export function runFragment(run: string): string {
  return `#/runs/${encodeURIComponent(run)}`;
}

/** What keeps some people from using a page, as axe sees it: each grave finding, and the first element that has it. */
export async function barriersIn(page: Page): Promise<string[]> {
  // Through the debugger's protocol, which the page's content security policy does not bind.
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate<AxeResults>('axe.run()');
  return violations
    .filter(({ impact }) => GRAVE.includes(impact ?? ''))
    .map(({ id, nodes }) => `${id}: ${nodes[0]?.html} ${nodes[0]?.failureSummary}`);
}

/** Waits for an element with some text, though it may be there for a moment only, in which a locator does not look. */
export async function glimpse(page: Page, selector: string, text: string): Promise<void> {
  const seen = page.evaluate(`new Promise((resolve) => {
    const look = () => {
      const elements = [...document.querySelectorAll(${JSON.stringify(selector)})];
      if (elements.some(({ textContent }) => textContent.includes(${JSON.stringify(text)}))) resolve();
    };
    new MutationObserver(look).observe(document, { subtree: true, childList: true, characterData: true, attributes: true });
    look();
  })`);
  await within(`${selector} with ${text}`, PATIENCE_MS, seen);
}

/** A chart by its measure, such as `test-error`, scrolled to so that it is drawn. */
export async function chartOf(page: Page, measure: string): Promise<Locator> {
  const chart = page.locator(`[data-chart="${measure}"]`);
  await chart.scrollIntoViewIfNeeded();
  await chart.locator('canvas').waitFor();
  return chart;
}

/** Saves a chart by its menu. @param as what the menu offers @returns the file */
export async function save(chart: Locator, as: string): Promise<string> {
  await chart.locator('summary').click();
  const [download] = await Promise.all([chart.page().waitForEvent('download'), chart.getByText(as).click()]);
  return download.path();
}

/** A series as the page is given it. */
export interface SeenSeries {
  readonly name: string;
  readonly step: readonly number[];
  readonly greatest: readonly number[];
}

/** Collects what a page is answered about series from now on. @returns what gives all so far */
export function seriesGiven(page: Page): () => Promise<SeenSeries[]> {
  const answers: Promise<SeenSeries[]>[] = [];
  page.on('response', (response) => {
    if (!new URL(response.url()).pathname.endsWith('/series')) return;
    answers.push(response.json().then(({ series }: { readonly series: SeenSeries[] }) => series));
  });
  return async () => (await Promise.all(answers)).flat();
}

/** The values in a chart's legend, by the lines' labels. */
export async function legendOf(chart: Locator): Promise<Record<string, number>> {
  const entries = await chart.locator('.legend li').all();
  const read = entries.map(async (entry) => [
    await entry.locator('.legend-label').innerText(),
    parseShown(await entry.locator('.legend-value').innerText()),
  ]);
  return Object.fromEntries(await Promise.all(read)) as Record<string, number>;
}

/** A number as the page writes it for people: `19.53 %`, `1,234`, `−0.22`, `1.2·10⁻⁵`. */
export function parseShown(text: string): number {
  const plain = text
    .replaceAll(/[,\s]/g, '')
    .replace('−', '-')
    .replace(/(?:·|^)10(⁻?)([⁰¹²³⁴⁵⁶⁷⁸⁹]+)/, (_, sign: string, digits: string) => {
      const exponent = digits.replaceAll(/./g, (digit) => String('⁰¹²³⁴⁵⁶⁷⁸⁹'.indexOf(digit)));
      return `e${sign === '' ? '' : '-'}${exponent}`;
    });
  const number = Number(plain.replace('%', ''));
  return plain.endsWith('%') ? number / 100 : number;
}
