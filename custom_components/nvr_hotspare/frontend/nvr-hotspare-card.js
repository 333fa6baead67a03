/*
 * NVR Hot Spare for Home Assistant's dashboards: a card that shows who records what, one that
 * lists outages, and a dashboard made of both. One file that needs nothing from elsewhere.
 *
 * The integration tells what is to be shown over one subscription (websocket_api.py): all of a
 * group once, then the units that have changed. Only those are drawn again.
 */

const DOMAIN = "nvr_hotspare";
const CARD = "nvr-hotspare-card";
const OUTAGES_CARD = "nvr-hotspare-outages-card";
const STRATEGY = "nvr-hotspare";
const DOCUMENTATION = "https://github.com/nvr-hotspare/nvr-hotspare";

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** Seconds for which a status is young: its age is drawn every second. */
const YOUNG = 2 * MINUTE;
/** Seconds between drawings of older ages, and of timelines, which move by a pixel then. */
const CALM = 30;
const SLOW = 5 * MINUTE;
/** Outages that are listed before one asks for more. */
const LISTED = 10;

/** The statuses of a recorder, in the order in which they are counted. */
const STATUSES = [
  "not_backed_up",
  "no_record",
  "backing_up",
  "synchronizing",
  "unverified",
  "recording",
];
const STATUS_ICONS = {
  not_backed_up: "mdi:alert-octagon",
  no_record: "mdi:stop-circle-outline",
  backing_up: "mdi:shield-sync",
  synchronizing: "mdi:cloud-sync",
  unverified: "mdi:help-circle-outline",
  recording: "mdi:record-rec",
  idle: "mdi:shield-moon-outline",
  backing_up_and_synchronizing: "mdi:shield-sync",
};
/** What became of a stretch of time, in the order of the legend; the first three are always in it. */
const KINDS = ["own", "spare", "lost", "untold", "unwatched", "not_scheduled"];

const now = () => Date.now() / 1000;

/* ---- Drawing: a page is made anew as a whole, and only what differs is changed ---- */

/** Make an element; attributes and children that are false, null or undefined are left out. */
function h(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === false || value == null) continue;
    if (name === "style") {
      Object.entries(value).forEach(([key, it]) => element.style.setProperty(key, it));
    } else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child != null && child !== false));
  return element;
}

/** Make what is shown the same as what it is to be. What stays keeps focus, scroll and animation. */
function morph(shown, wanted) {
  for (const { name } of [...shown.attributes]) {
    if (!wanted.hasAttribute(name)) shown.removeAttribute(name);
  }
  for (const { name, value } of wanted.attributes) {
    if (shown.getAttribute(name) !== value) shown.setAttribute(name, value);
  }
  const before = [...shown.childNodes];
  const after = [...wanted.childNodes];
  after.forEach((child, index) => {
    const old = before[index];
    if (!old) shown.append(child);
    else if (old.nodeName !== child.nodeName || old.dataset?.key !== child.dataset?.key) {
      old.replaceWith(child);
    } else if (child.nodeType === Node.TEXT_NODE) {
      if (old.data !== child.data) old.data = child.data;
    } else if (child.nodeName !== "VIDEO") morph(old, child); // what plays is left alone
  });
  before.slice(after.length).forEach((old) => old.remove());
}

const icon = (name) => h("ha-icon", { icon: name, "aria-hidden": "true" });

/* ---- Words, numbers and times as the user has them ---- */

class Language {
  constructor(hass) {
    this._localize = hass.localize;
    const { language, time_format: style, time_zone: zone } = hass.locale;
    const clock = { hour: "numeric", minute: "2-digit" };
    const dates = (options) =>
      new Intl.DateTimeFormat(style === "system" ? undefined : language, {
        hour12: { 12: true, 24: false }[style],
        timeZone: zone === "server" ? hass.config.time_zone : undefined,
        ...options,
      });
    const numbers = (options) =>
      new Intl.NumberFormat(language, { maximumFractionDigits: 1, ...options });
    this._clock = dates(clock);
    this._exact = dates({ ...clock, second: "2-digit" });
    this._date = dates({ day: "numeric", month: "short", ...clock });
    this._number = numbers();
    this._percent = numbers({ style: "percent", maximumFractionDigits: 0 });
    const { isRTL } = hass.translationMetadata.translations[language] ?? {};
    this._isolate = isRTL ? "\u2067" : "\u2066";
    const units = ["second", "minute", "hour", "day", "gigabyte"];
    this._units = Object.fromEntries(
      units.map((unit) => [unit, numbers({ style: "unit", unit, unitDisplay: "short" })]),
    );
  }

  /** A text of ours; empty until the texts are there. */
  text(key, values) {
    return this._localize(`component.${DOMAIN}.selector.card.options.${key}`, values) || "";
  }

  /** What an entity of ours shows, in the words in which it shows it. */
  entity(path, key) {
    return this._localize(`component.${DOMAIN}.entity.${path}.${key}`) || key;
  }

  status = (status) => this.entity("sensor.working_status.state", status);

  reason = (why) => this.entity("sensor.working_status.state_attributes.reason.state", why);

  cause = (why) => this.entity("sensor.working_status.state_attributes.cause.state", why);

  number = (value) => this._number.format(value);

  percent = (value) => this._percent.format(value / 100);

  gigabytes = (value) => this._of("gigabyte", value);

  clock = (time) => this._clock.format(time * 1000);

  exact = (time) => this._exact.format(time * 1000);

  date = (time) => this._date.format(time * 1000);

  /** A time of these hours by the clock, any other with its date. */
  time = (time) => (Math.abs(now() - time) < DAY / 2 ? this.clock(time) : this.date(time));

  /** How long something lasts, no more exactly than it matters. */
  duration(seconds) {
    const rest = Math.max(0, seconds);
    if (rest < 10) return this._of("second", rest);
    if (rest < 2 * MINUTE) return this._of("second", Math.round(rest));
    if (rest < 2 * HOUR) return this._of("minute", Math.floor(rest / MINUTE));
    if (rest >= 2 * DAY) return this._of("day", Math.floor(rest / DAY));
    const minutes = Math.floor((rest % HOUR) / MINUTE);
    const hours = this._of("hour", Math.floor(rest / HOUR));
    return minutes ? `${hours} ${this._of("minute", minutes)}` : hours;
  }

  /** So much of a unit, in the direction of the language: the text around it may have the other. */
  _of = (unit, value) => `${this._isolate}${this._units[unit].format(value)}\u2069`;
}

/* ---- A group, followed over the subscription ---- */

class Group {
  /** Follow a group, the first one where none is wanted; `onNews` gets the units that changed. */
  constructor(hass, wanted, onNews) {
    this.info = null;
    this.absent = null;
    this._units = new Map();
    this._onNews = onNews;
    const message = { type: `${DOMAIN}/subscribe`, ...(wanted && { group: wanted }) };
    this._leave = hass.connection
      .subscribeMessage((told) => this._take(told), message)
      .catch(() => this._take({ absent: "not_running" }));
  }

  /** The units in their order: recorders first, then spares. */
  get units() {
    return (this.info?.units ?? []).map((id) => this._units.get(id)).filter(Boolean);
  }

  unit(id) {
    return this._units.get(id);
  }

  async end() {
    this._onNews = () => {};
    (await this._leave)?.();
  }

  _take({ absent = null, group, units = [] }) {
    const before = this.info?.units.join();
    this.absent = absent;
    if (absent) this._units.clear();
    for (const unit of units) this._units.set(unit.id, unit);
    this.info = absent ? null : (group ?? this.info);
    const same = before !== undefined && before === this.info?.units.join();
    this._onNews(same ? units.map((unit) => unit.id) : null);
  }
}

/** Return the group that a device of Home Assistant belongs to. */
const groupOf = (hass, device) => hass.devices[device]?.config_entry_id;

/** Return the groups that there are; each is a device, too. */
function groupsOf(hass) {
  return Object.values(hass.devices)
    .filter((device) => device.entry_type === "service")
    .flatMap((device) => device.identifiers)
    .filter(([domain]) => domain === DOMAIN)
    .map(([, entry]) => entry);
}

/** Return where Media has the footage of a camera, or of all cameras of a unit. */
function mediaPath(group, unit, channel) {
  const parts = [group, encodeURIComponent(unit), ...(channel == null ? [] : [channel])];
  const item = `video,media-source://${DOMAIN}/${parts.join("/")}`;
  return `/media-browser/browser/${encodeURIComponent(item)}`;
}

/* ---- What both cards share ---- */

class GroupCard extends HTMLElement {
  constructor() {
    super();
    this.attachShadow({ mode: "open" });
    this.shadowRoot.addEventListener("click", (event) => this._clicked(event));
  }

  setConfig(config) {
    this._config = config ?? {};
    this._follow();
  }

  set hass(hass) {
    const before = this._hass;
    this._hass = hass;
    if (before?.connection !== hass.connection) this._follow();
    if (before?.localize !== hass.localize || before?.locale !== hass.locale) this._learn();
  }

  connectedCallback() {
    this._follow();
    this._timer = setInterval(() => document.hidden || this._tick(), 1000);
  }

  disconnectedCallback() {
    clearInterval(this._timer);
    this._group?.end();
    this._group = null;
  }

  getGridOptions() {
    return { columns: 12, min_columns: 6 };
  }

  static getStubConfig() {
    return {};
  }

  static getConfigForm() {
    const text = (localize, key) => localize(`component.${DOMAIN}.selector.card.options.${key}`);
    return {
      schema: [
        { name: "group", selector: { config_entry: { integration: DOMAIN } } },
        { name: "device", selector: { device: { integration: DOMAIN } } },
        { name: "title", selector: { text: {} } },
      ],
      computeLabel: ({ name }, localize) => text(localize, `editor_${name}`),
      computeHelper: ({ name }, localize) => text(localize, `editor_${name}_help`),
    };
  }

  /** Take up the user's language. The texts of an integration come only when they are asked for. */
  async _learn() {
    const { language } = this._hass;
    this._language = new Language(this._hass);
    this._draw();
    if (this._learned === language) return;
    this._learned = language;
    for (const kind of ["selector", "entity"]) {
      await this._hass.loadBackendTranslation(kind, DOMAIN);
    }
    this._language = new Language(this._hass);
    this._draw();
  }

  /** Follow the group that is configured now. */
  _follow() {
    this._group?.end();
    this._group = null;
    if (!this._hass || !this._config || !this.isConnected) return;
    const { group, device } = this._config;
    const wanted = group || (device && groupOf(this._hass, device));
    this._group = new Group(this._hass, wanted, (units) => this._news(units));
  }

  /** The units that are to be shown: of one device, where that is configured. */
  get _units() {
    const { device } = this._config;
    const units = this._group?.units ?? [];
    return device ? units.filter((unit) => unit.device_id === device) : units;
  }

  /** Draw all, or say in a friendly way why there is nothing to draw. */
  _draw() {
    this._drawn = false;
    const { _language: l, _group: group } = this;
    if (!l?.text("title") || !(group?.info || group?.absent)) return;
    const nothing = group.absent ?? (this._units.length ? null : this._nothing);
    this._show(nothing ? this._note(nothing) : this._page());
    this._drawn = !nothing;
  }

  get _nothing() {
    return this._config.device ? "no_device" : "no_units";
  }

  _show(content) {
    const page = h("div", { class: "page" }, content);
    if (this._root) {
      morph(this._root, page);
      return;
    }
    const style = h("style", {}, STYLE);
    this._root = page;
    this.shadowRoot.append(style, h("ha-card", {}, page));
  }

  _note(why) {
    const l = this._language;
    const lacking = ["no_group", "no_units"].includes(why);
    return h(
      "div",
      { class: "note" },
      icon("mdi:shield-outline"),
      h("p", {}, l.text(`absent_${why}`)),
      lacking &&
        h(
          "a",
          { class: "button", href: `/config/integrations/integration/${DOMAIN}`, "data-do": "go" },
          l.text("set_up"),
        ),
    );
  }

  /** Do what the element that was clicked says, but leave new tabs to the browser. */
  _clicked(event) {
    const element = event.composedPath().find((it) => it.dataset?.do);
    if (!element || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    this._do(element.dataset, element);
  }

  _do({ do: what, unit, entity, camera, from, to }, element) {
    switch (what) {
      case "go": // without loading all of Home Assistant again
        history.pushState(null, "", element.getAttribute("href"));
        window.dispatchEvent(new CustomEvent("location-changed", { detail: { replace: false } }));
        break;
      case "info":
        this._fire("hass-more-info", { entityId: entity });
        break;
      case "watch":
        this._watch(this._group.unit(unit), Number(camera), Number(from), to && Number(to));
        break;
    }
  }

  _fire(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail, bubbles: true, composed: true }));
  }

  /** Show and play what spares recorded of a unit's cameras, beginning with one of them. */
  _watch(unit, camera, from, to) {
    const group = this._group.info.id;
    new Footage(this._hass, this._language, { group, unit, camera, from, to }).open(
      this.shadowRoot,
    );
  }

  /* What each card does by itself: with news of units (of all, where none are named), each second */

  _news() {}

  _tick() {}
}

/* ---- Dialogs ---- */

/** Ask before something is done that matters. */
function confirmed(root, language, { title, text, action }) {
  return new Promise((resolve) => {
    const dialog = h(
      "dialog",
      { "aria-labelledby": "question", "aria-describedby": "explained" },
      h("h2", { id: "question" }, title),
      h("p", { id: "explained" }, text),
      h(
        "div",
        { class: "actions" },
        h("button", { class: "button", value: "no", autofocus: true }, language.text("cancel")),
        h("button", { class: "button strong", value: "yes" }, action),
      ),
    );
    dialog.addEventListener("click", ({ target }) => {
      if (target.value) dialog.close(target.value);
    });
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "yes");
    });
    root.append(dialog);
    dialog.showModal();
  });
}

/** What spares recorded of a camera in a stretch of time: listed and played. */
class Footage {
  constructor(hass, language, wanted) {
    Object.assign(this, { _hass: hass, _language: language, _wanted: wanted });
    this._dialog = h("dialog");
    this._dialog.addEventListener("close", () => this._dialog.remove());
    this._dialog.addEventListener("click", (event) => this._clicked(event));
  }

  open(root) {
    root.append(this._dialog);
    this._list();
    this._dialog.showModal();
  }

  _clicked({ target }) {
    const { close, camera, clip } = target.closest("button")?.dataset ?? {};
    if (close !== undefined || target === this._dialog) this._dialog.close();
    if (camera) {
      this._wanted.camera = Number(camera);
      this._list();
    }
    if (clip) this._play(this._clips[clip]);
  }

  async _list() {
    const { group, unit, camera, from, to } = this._wanted;
    Object.assign(this, { _clips: null, _playing: null, _problem: "" });
    this._draw();
    const asked = { type: `${DOMAIN}/footage`, group, unit: unit.id, channel: camera };
    await this._try(async () => {
      const found = await this._hass.callWS({ ...asked, start: from, end: to || now() });
      if (camera === this._wanted.camera) this._clips = found.clips;
    });
    if (this._clips?.length) await this._play(this._clips[0]);
  }

  async _play(clip) {
    Object.assign(this, { _playing: clip, _problem: "" });
    this._draw();
    const { media_content_id } = clip;
    await this._try(async () => {
      const asked = { type: "media_source/resolve_media", media_content_id };
      const { url } = await this._hass.callWS(asked);
      if (this._playing === clip) this._dialog.querySelector("video").src = this._hass.hassUrl(url);
    });
  }

  async _try(work) {
    try {
      await work();
    } catch (error) {
      this._problem = error.message;
    }
    this._draw();
  }

  _draw() {
    const l = this._language;
    const { group, unit, camera } = this._wanted;
    const { cameras } = unit.device;
    const { name } = cameras.find((it) => it.number === camera);
    const waiting = !this._clips && !this._problem;
    const said =
      this._problem || (waiting ? l.text("loading") : !this._clips.length && l.text("no_footage"));
    const page = h(
      "dialog",
      { class: "footage", "aria-labelledby": "footage", open: this._dialog.open },
      h(
        "div",
        { class: "line" },
        h("h2", { id: "footage" }, `${unit.name} · ${name}`),
        h(
          "button",
          { class: "round", "data-close": true, "aria-label": l.text("close") },
          icon("mdi:close"),
        ),
      ),
      h(
        "div",
        { hidden: !this._playing },
        h("video", { controls: true, autoplay: true, playsinline: true }),
      ),
      h("p", { role: "status", hidden: !said }, said || ""),
      h(
        "ul",
        { class: "chips", "aria-label": l.text("cameras"), hidden: cameras.length < 2 },
        cameras.map((it) =>
          h(
            "li",
            {},
            h(
              "button",
              { "data-camera": it.number, "aria-pressed": String(it.number === camera) },
              it.name,
            ),
          ),
        ),
      ),
      h(
        "ol",
        { class: "clips", "aria-label": l.text("clips") },
        (this._clips ?? []).map((clip, index) => this._clip(clip, index)),
      ),
      h("a", { class: "button", href: mediaPath(group, unit.id, camera) }, l.text("media")),
    );
    morph(this._dialog, page);
  }

  _clip(clip, index) {
    const l = this._language;
    return h(
      "li",
      {},
      h(
        "button",
        { "data-clip": String(index), "aria-pressed": String(clip === this._playing) },
        h("img", { src: clip.picture, alt: "", loading: "lazy" }),
        h("span", {}, l.exact(clip.start)),
        h("small", {}, `${l.duration(clip.length)} · ${clip.by}`),
      ),
    );
  }
}

/* ---- The card: who records what ---- */

class NvrHotSpareCard extends GroupCard {
  constructor() {
    super();
    this._opened = new Set();
    this._testing = new Set();
    this._ticks = 0;
  }

  getCardSize() {
    return 2 + 3 * this._units.length;
  }

  /* What is drawn again, and when */

  _news(ids) {
    if (!ids || !this._drawn) {
      this._draw();
      return;
    }
    for (const id of ids) {
      this._say(id);
      this._drawUnit(id);
    }
    morph(this._root.querySelector(".top"), this._top());
    const legend = this._legend(this._devices);
    if (legend) morph(this._root.querySelector(".legend"), legend);
  }

  /** What changes with the time alone: how old a status is, and slowly where stretches end. */
  _tick() {
    this._ticks += 1;
    if (!this._drawn) return;
    for (const { id, device } of this._devices) {
      if (this._ticks % SLOW === 0) this._drawUnit(id);
      else if (this._ticks % CALM === 0 || now() - device.since < YOUNG) {
        this._rows.get(id).querySelector(".state small").textContent = this._age(device);
      }
    }
  }

  get _devices() {
    return this._units.filter((unit) => unit.device);
  }

  _age({ since }) {
    const l = this._language;
    return l.text("for", { time: l.duration(Math.round(now() - since)) });
  }

  _drawUnit(id) {
    const row = this._rows.get(id);
    if (row) morph(row, this._unit(this._group.unit(id)));
  }

  /** Say to those who can't see it that a recorder has another status. */
  _say(id) {
    const { name, device } = this._group.unit(id);
    if (!device || !this._rows.has(id) || this._said.get(id) === device.status) return;
    this._said.set(id, device.status);
    this._root.querySelector(".said").textContent =
      `${name}: ${this._language.status(device.status)}`;
  }

  _draw() {
    super._draw();
    if (!this._drawn) return;
    const rows = [...this._root.querySelectorAll(".unit")];
    this._rows = new Map(rows.map((row) => [row.dataset.key, row]));
    this._said = new Map(this._units.map(({ id, device }) => [id, device?.status]));
  }

  _page() {
    const l = this._language;
    const devices = this._devices;
    const spares = this._units.filter((unit) => !unit.device);
    const list = (units, key) =>
      units.length > 0 && [
        h("h3", { class: key === "spares" ? "" : "hidden" }, l.text(key)),
        h(
          "ul",
          { class: "units" },
          units.map((unit) => this._unit(unit)),
        ),
      ];
    return [
      this._top(),
      list(devices, "recorders"),
      list(spares, "spares"),
      this._legend(devices),
      h("div", { class: "said hidden", role: "status" }),
    ].flat();
  }

  /* At the top: is all well? */

  _top() {
    const l = this._language;
    const devices = this._devices;
    const { tone, shield, text } = this._protection();
    const missed = devices.flatMap((unit) => missedOf(unit).map((it) => `${unit.name} ${it.name}`));
    const counts = STATUSES.map((status) => [
      status,
      devices.filter((unit) => unit.device.status === status).length,
    ]).filter(([, count]) => count);
    return h(
      "div",
      { class: "top" },
      missed.length > 0 &&
        h(
          "div",
          { class: "alarm", role: "alert" },
          icon("mdi:alert-octagon"),
          h("strong", {}, l.text("alarm", { count: missed.length })),
          h("span", {}, missed.join(", ")),
        ),
      h(
        "div",
        { class: `title ${tone}` },
        h("div", { class: "disc" }, icon(shield)),
        h("div", {}, h("h2", {}, this._title()), h("p", {}, text)),
      ),
      devices.length > 1 &&
        h(
          "ul",
          { class: "counts", "aria-label": l.text("recorders") },
          counts.map(([status, count]) =>
            h("li", { class: status }, h("span", {}, `${l.number(count)} ${l.status(status)}`)),
          ),
        ),
    );
  }

  /** What the user calls it; else, where there are several groups, what this one is called. */
  _title() {
    if (this._config.title) return this._config.title;
    return groupsOf(this._hass).length > 1 ? this._group.info.title : this._language.text("title");
  }

  /** What the group is protected from, in one line. */
  _protection() {
    const l = this._language;
    const { full, stranded, pairs, unproven } = this._group.info.protection;
    if (full) return { tone: "recording", shield: "mdi:shield-check", text: l.text("protected") };
    if (stranded.length) {
      const [{ unit, cameras }, ...others] = stranded;
      const name = this._group.unit(unit)?.name ?? unit;
      const key = others.length ? "stranded_more" : "stranded";
      const text = l.text(key, { name, count: cameras, more: others.length });
      return { tone: "no_record", shield: "mdi:shield-alert", text };
    }
    const text = pairs
      ? l.text("stranded_by_two", { count: pairs })
      : l.text("unproven", { count: unproven });
    return { tone: "unverified", shield: "mdi:shield-half-full", text };
  }

  /* A unit */

  _unit(unit) {
    const { device, spare } = unit;
    const status = device?.status ?? spare.status;
    const opened = this._opened.has(unit.id);
    return h(
      "li",
      {
        class: `unit ${unit.connection === "offline" && !device ? "not_backed_up" : status}`,
        "data-key": unit.id,
      },
      this._head(unit, status, opened),
      device && this._happening(device),
      device && this._missed(unit),
      device?.status === "synchronizing" && device.progress && this._progress(unit),
      spare && this._places(spare),
      device && this._bar(unit, device.timeline),
      opened && this._details(unit),
    );
  }

  _head(unit, status, opened) {
    const l = this._language;
    const { device, connection, entity_id: entity } = unit;
    const online = connection === "online";
    const word = device ? l.status(status) : l.entity("sensor.spare_status.state", status);
    return h(
      "div",
      { class: "head" },
      h(
        "div",
        { class: "disc" },
        icon(online || device ? STATUS_ICONS[status] : "mdi:lan-disconnect"),
      ),
      h(
        "div",
        { class: "who" },
        h(
          "h4",
          {},
          entity
            ? h(
                "button",
                { "data-do": "info", "data-entity": entity, title: l.text("more_info") },
                unit.name,
              )
            : unit.name,
        ),
        h(
          "p",
          {},
          unit.address && [h("span", {}, unit.address), " · "],
          h(
            "span",
            { class: online ? "" : "offline" },
            l.entity("binary_sensor.connection.state", online ? "on" : "off"),
          ),
          device && [" · ", h("span", {}, l.text("channels", { count: device.cameras.length }))],
        ),
      ),
      h(
        "div",
        { class: "state" },
        h("span", { class: "pill" }, word),
        device && h("small", { title: l.date(device.since) }, this._age(device)),
      ),
      device &&
        h(
          "button",
          {
            class: "round",
            "data-do": "open",
            "data-unit": unit.id,
            "aria-expanded": String(opened),
            "aria-label": l.text("details", { name: unit.name }),
          },
          icon(opened ? "mdi:chevron-up" : "mdi:chevron-down"),
        ),
    );
  }

  /** What goes on with a recorder, in a line, and the cameras that spares record. */
  _happening(device) {
    const lines = [...this._lines(device)];
    const recorded = device.cameras.filter((camera) => camera.spare);
    if (!lines.length && !recorded.length) return null;
    return h(
      "div",
      { class: "happening" },
      h("p", {}, lines.join(" · ")),
      recorded.length > 0 &&
        h(
          "ul",
          { class: "chips", "aria-label": this._language.text("cameras_backed_up") },
          recorded.map(({ name }) => h("li", {}, icon("mdi:check"), name)),
        ),
    );
  }

  *_lines(device) {
    const l = this._language;
    const { status, phase, cause, outage_since: since } = device;
    const wanted = device.cameras.filter((camera) => camera.wanted);
    const recorded = device.cameras.filter((camera) => camera.spare);
    if (cause && cause !== "silence") yield l.cause(cause);
    if (phase === "suspect") yield l.text("suspect");
    if (phase === "taking_over" && !recorded.length) yield l.text("taking_over");
    if (recorded.length) {
      yield l.text("backing_up", {
        spare: device.spares.join(", "),
        count: recorded.length,
        total: wanted.length,
        time: l.time(since),
      });
    }
    if (phase === "returning") yield l.text("returning");
    if (phase === "synchronizing" && status !== "synchronizing") {
      yield l.text("owed", { time: l.duration(device.owed_seconds) });
    }
    if (device.sync_problem) yield l.text("sync_failed");
    if (!device.spare_ready && !since) {
      yield l.text("not_ready", { reason: l.reason(device.spare_ready_reason) });
    }
  }

  _missed(unit) {
    const l = this._language;
    const missed = missedOf(unit);
    return (
      missed.length > 0 &&
      h(
        "div",
        { class: "missed" },
        h("strong", {}, l.text("not_recorded")),
        h(
          "ul",
          {},
          missed.map((camera) =>
            h("li", {}, h("b", {}, camera.name), camera.missed && ` · ${l.reason(camera.missed)}`),
          ),
        ),
      )
    );
  }

  _progress({ name, device }) {
    const l = this._language;
    const { percent, remaining } = device.progress;
    const left = remaining == null ? "" : l.text("remaining", { time: l.duration(remaining) });
    return h(
      "div",
      { class: "progress" },
      h(
        "div",
        {
          class: "track",
          role: "progressbar",
          "aria-label": l.text("progress", { name }),
          "aria-valuemin": "0",
          "aria-valuemax": "100",
          "aria-valuenow": Math.round(percent),
          "aria-valuetext": `${l.percent(percent)} ${left}`,
        },
        h("div", { style: { "inline-size": `${percent}%` } }),
      ),
      h("p", {}, h("span", {}, l.percent(percent)), h("span", {}, left)),
    );
  }

  /** The places and the storage of a spare. */
  _places({ in_use: used, capacity, serving, storage }) {
    const l = this._language;
    const meter = (label, part, text) =>
      h(
        "div",
        { class: "meter" },
        h("p", {}, h("span", {}, label), h("span", {}, text)),
        h(
          "div",
          { class: "track", "aria-hidden": "true" },
          h("div", { style: { "inline-size": `${Math.min(100, 100 * part)}%` } }),
        ),
      );
    const free = Math.max(0, capacity - used);
    const most = storage && (storage.limit || storage.used + storage.free);
    return h(
      "div",
      { class: "places" },
      serving.length > 0 && h("p", {}, l.text("serving", { names: serving.join(", ") })),
      meter(
        l.text("places"),
        capacity ? used / capacity : 0,
        l.text("places_free", { free, total: capacity }),
      ),
      storage &&
        meter(
          l.text("storage"),
          most ? storage.used / most : 0,
          l.text("storage_used", { used: l.gigabytes(storage.used), total: l.gigabytes(most) }),
        ),
      storage &&
        storage.state !== "ok" &&
        h("p", { class: "offline" }, l.text(`storage_${storage.state}`)),
    );
  }

  /* The last 24 hours */

  /** The timeline of a unit, or of one camera of it. */
  _bar(unit, stretches, camera) {
    const l = this._language;
    const end = now();
    const begin = end - DAY;
    const place = (time) => (100 * (Math.max(time, begin) - begin)) / DAY;
    return h(
      "div",
      { class: "timeline" },
      h(
        "div",
        {
          class: "bar",
          role: "group",
          "aria-label": l.text("timeline", { name: camera?.name ?? unit.name }),
        },
        stretches
          .filter((it) => (it.to ?? end) > begin)
          .map((it) => this._stretch(unit, camera, it, place(it.from), place(it.to ?? end))),
      ),
      !camera &&
        h(
          "div",
          { class: "scale", "aria-hidden": "true" },
          [24, 18, 12, 6].map((hours) => h("span", {}, l.clock(end - hours * HOUR))),
          h("span", {}, l.text("now")),
        ),
    );
  }

  _stretch(unit, camera, stretch, start, end) {
    const l = this._language;
    const { from, to, kind, by, returned, cameras } = stretch;
    const name = (it) => l.text(`kind_${it}`, { spare: by ?? "" });
    const what = cameras
      ? Object.entries(cameras)
          .map(([it, count]) => `${name(it)}: ${l.number(count)}`)
          .join(", ")
      : name(kind);
    const span = `${l.time(from)} – ${to ? l.time(to) : l.text("now")}`;
    const label = `${span} · ${what}${returned ? ` · ${l.text("returned")}` : ""}`;
    const count = cameras && Object.values(cameras).reduce((sum, it) => sum + it, 0);
    const attributes = {
      class: `stretch ${kind}`,
      title: label,
      style: {
        "inset-inline-start": `min(${start}%, 100% - 3px)`,
        "inline-size": `${end - start}%`,
        "--share": cameras ? `${(100 * cameras[kind]) / count}%` : "100%",
        "--rest": cameras?.spare && kind !== "spare" ? "var(--spare)" : "var(--own)",
      },
    };
    if (by) {
      return h("a", {
        ...attributes,
        href: mediaPath(this._group.info.id, unit.id, camera?.number),
        "aria-label": `${label}. ${l.text("watch")}`,
        "data-do": "watch",
        "data-unit": unit.id,
        "data-camera": camera?.number ?? unit.device.cameras[0].number,
        "data-from": from,
        "data-to": to,
      });
    }
    if (kind === "own" && unit.url) {
      const opened = { href: unit.url, target: "_blank", rel: "noreferrer" };
      return h("a", {
        ...attributes,
        ...opened,
        "aria-label": `${label}. ${l.text("open_recorder")}`,
      });
    }
    return h("span", { ...attributes, role: "img", "aria-label": label });
  }

  _legend(devices) {
    const l = this._language;
    const shown = new Set(devices.flatMap((it) => it.device.timeline.map(({ kind }) => kind)));
    const kinds = KINDS.filter((kind, index) => index < 3 || shown.has(kind));
    return (
      devices.length > 0 &&
      h(
        "ul",
        { class: "legend", "aria-label": l.text("legend") },
        kinds.map((kind) =>
          h("li", {}, h("span", { class: `stretch ${kind}` }), l.text(`legend_${kind}`)),
        ),
      )
    );
  }

  /* A recorder that is opened */

  _details(unit) {
    const l = this._language;
    const { device } = unit;
    const { outage, drill, proof } = device;
    const facts = [
      ["last_outage", outage ? outageLine(l, outage) : l.text("none_yet")],
      ["last_drill", drill ? this._drillLine(drill) : l.text("none_yet")],
      ["proof", l.entity("sensor.protection_proof.state", proof)],
    ];
    return h(
      "div",
      { class: "details" },
      h(
        "ul",
        { class: "cameras", "aria-label": l.text("cameras") },
        device.cameras.map((camera) =>
          h(
            "li",
            {},
            camera.entity_id
              ? h(
                  "button",
                  { "data-do": "info", "data-entity": camera.entity_id, title: l.text("live") },
                  camera.name,
                )
              : h("span", {}, camera.name),
            this._bar(unit, camera.timeline, camera),
          ),
        ),
      ),
      factList(l, facts),
      this._actions(unit),
    );
  }

  _drillLine({ at, good, after }) {
    const l = this._language;
    const time = after == null ? "" : l.duration(after);
    return `${l.date(at)} · ${l.text(good ? "drill_good" : "drill_bad", { time })}`;
  }

  _actions(unit) {
    const l = this._language;
    const { device, connection } = unit;
    const online = connection === "online";
    const testing = this._testing.has(unit.id) || device.cause === "drill";
    const testable = online && device.phase === "watching" && device.spare_ready && !testing;
    const action = (what, key, name, { enabled = true, strong = false } = {}) =>
      h(
        "button",
        {
          class: strong ? "button strong" : "button",
          "data-do": what,
          "data-unit": unit.id,
          "data-entity": unit.entity_id,
          disabled: !enabled,
        },
        icon(name),
        l.text(key),
      );
    return h(
      "div",
      { class: "actions" },
      action("test", testing ? "testing" : "test", "mdi:clipboard-play-outline", {
        enabled: testable,
      }),
      online &&
        device.outage_since &&
        device.cause !== "drill" &&
        action("give_back", "give_back", "mdi:backup-restore", { strong: true }),
      unit.entity_id && action("info", "more_info", "mdi:information-outline"),
    );
  }

  /* What buttons do */

  _do(data, element) {
    const unit = data.unit && this._group.unit(data.unit);
    switch (data.do) {
      case "open":
        if (!this._opened.delete(unit.id)) this._opened.add(unit.id);
        this._drawUnit(unit.id);
        break;
      case "test":
        this._test(unit);
        break;
      case "give_back":
        this._giveBack(unit);
        break;
      default:
        super._do(data, element);
    }
  }

  async _test(unit) {
    const l = this._language;
    const asked = {
      title: l.text("test_title", unit),
      text: l.text("test_text", unit),
      action: l.text("test"),
    };
    if (!(await confirmed(this.shadowRoot, l, asked))) return;
    this._testing.add(unit.id);
    this._drawUnit(unit.id);
    await this._call("drill", unit);
    this._testing.delete(unit.id);
    this._drawUnit(unit.id);
  }

  async _giveBack(unit) {
    const l = this._language;
    const text = l.text("give_back_text", unit);
    const asked = { title: l.text("give_back_title", unit), text, action: l.text("give_back") };
    if (await confirmed(this.shadowRoot, l, asked)) await this._call("give_back", unit);
  }

  /** Home Assistant itself tells the user what went wrong. */
  async _call(action, unit) {
    try {
      await this._hass.callService(DOMAIN, action, { device_id: [unit.device_id] });
    } catch (error) {
      console.debug(`${CARD}: ${action}`, error);
    }
  }
}

/** List what is known, by the names of their texts. */
const factList = (l, facts) =>
  h(
    "dl",
    {},
    facts
      .filter(([, text]) => text)
      .map(([key, text]) =>
        h("div", {}, h("dt", {}, l.text(key)), h("dd", {}, h("span", {}, text))),
      ),
  );

/** Return the cameras of a recorder that nobody records though they are wanted. */
function missedOf({ device }) {
  const wanted = device.cameras.filter((camera) => camera.wanted);
  switch (device.status) {
    case "backing_up":
    case "not_backed_up":
      return wanted.filter((camera) => camera.missed);
    case "no_record":
      return wanted.filter((camera) => camera.unrecorded && !camera.spare);
    default:
      return [];
  }
}

/** Say what is lost of a camera. */
const lostLine = (l, seconds) =>
  seconds ? l.text("lost_at_most", { time: l.duration(seconds) }) : l.text("nothing_lost");

/** Say when an outage was, how long, and what was lost. */
function outageLine(l, outage) {
  const lost = outage.cameras.map((camera) => camera.lost).filter((seconds) => seconds != null);
  const parts = [l.date(outage.since)];
  if (outage.offline_for)
    parts.push(l.text("offline_for", { time: l.duration(outage.offline_for) }));
  if (lost.length) parts.push(lostLine(l, Math.max(...lost)));
  if (outage.synchronized) parts.push(l.text("returned"));
  return parts.join(" · ");
}

/* ---- The card that lists outages ---- */

class NvrHotSpareOutagesCard extends GroupCard {
  getCardSize() {
    return 2 + 3 * Math.min(LISTED, this._outages?.length ?? 1);
  }

  _news() {
    this._draw();
    this._load();
  }

  /** Ask for all outages, anew when another has ended or has its footage back. */
  async _load() {
    const group = this._group?.info?.id;
    const ended = this._units.map((unit) => [
      unit.device?.outage?.ended,
      unit.device?.outage?.synchronized,
    ]);
    const known = JSON.stringify([group, ended]);
    if (!group || known === this._known) return;
    this._known = known;
    const { outages } = await this._hass.callWS({ type: `${DOMAIN}/outages`, group });
    this._outages = outages;
    this._draw();
  }

  _page() {
    const l = this._language;
    const names = new Map(this._units.map((unit) => [unit.id, unit.name]));
    const outages = (this._outages ?? []).filter((outage) => names.has(outage.unit));
    const listed = this._all ? outages : outages.slice(0, LISTED);
    return [
      h("h2", {}, this._config.title || l.text("outages")),
      outages.length === 0 &&
        h("p", { class: "quiet" }, l.text(this._outages ? "no_outages" : "loading")),
      h(
        "ul",
        { class: "outages" },
        listed.map((outage) => this._outage(outage, names.get(outage.unit))),
      ),
      listed.length < outages.length &&
        h(
          "button",
          { class: "button", "data-do": "all" },
          l.text("show_all", { count: outages.length }),
        ),
    ];
  }

  _outage(outage, name) {
    const l = this._language;
    const { since, ended, cause, spares, offline_for: away, noticed_after: noticed } = outage;
    const returned = l.duration(outage.footage_returned ?? 0);
    const facts = [
      ["cause", cause && l.cause(cause)],
      ["away", away && l.duration(away)],
      ["noticed", away && noticed != null && l.duration(noticed)],
      ["recorded_by", spares.join(", ")],
      ["returned_footage", outage.synchronized && l.text("of_all_cameras", { time: returned })],
    ];
    const watch = spares.length > 0 && {
      "data-do": "watch",
      "data-unit": outage.unit,
      "data-camera": outage.cameras[0]?.number,
      "data-from": since,
      "data-to": ended,
    };
    return h(
      "li",
      {},
      h(
        "div",
        { class: "line" },
        h("h3", {}, name),
        h("p", {}, `${l.date(since)} – ${ended ? l.time(ended) : l.text("now")}`),
      ),
      factList(l, facts),
      h(
        "table",
        {},
        h("caption", { class: "hidden" }, l.text("lost_by_camera")),
        h(
          "thead",
          {},
          h(
            "tr",
            {},
            ["camera", "lost"].map((key) => h("th", { scope: "col" }, l.text(key))),
          ),
        ),
        h(
          "tbody",
          {},
          outage.cameras.map((camera) => this._camera(camera)),
        ),
      ),
      watch && h("button", { class: "button", ...watch }, icon("mdi:play"), l.text("watch")),
    );
  }

  _camera({ name, lost, reason }) {
    const l = this._language;
    const text = lost == null ? (reason ? l.reason(reason) : l.text("unknown")) : l.duration(lost);
    const tone = lost === 0 ? "well" : lost == null || lost > MINUTE ? "bad" : "";
    return h("tr", {}, h("th", { scope: "row" }, name), h("td", { class: tone }, text));
  }

  _do(data, element) {
    if (data.do !== "all") {
      super._do(data, element);
      return;
    }
    this._all = true;
    this._draw();
  }
}

/* ---- The dashboard ---- */

class NvrHotSpareStrategy extends HTMLElement {
  static async generate(config, hass) {
    await hass.loadBackendTranslation("selector", DOMAIN);
    // What is given here does not have the texts that have just come.
    const language = new Language(document.querySelector("home-assistant")?.hass ?? hass);
    const groups = config.group ? [config.group] : groupsOf(hass);
    const known = await Promise.all(groups.map((group) => NvrHotSpareStrategy._look(hass, group)));
    const cards = (type) =>
      (groups.length ? groups : [undefined]).map((group) => ({
        type: "grid",
        column_span: 4,
        cards: [
          { type: `custom:${type}`, ...(group && { group }), grid_options: { columns: "full" } },
        ],
      }));
    const view = (path, symbol, sections) => ({
      title: language.text(`view_${path}`),
      path,
      icon: symbol,
      type: "sections",
      max_columns: 4,
      sections,
    });
    const cameras = known.flat().flatMap((unit) => NvrHotSpareStrategy._cameras(unit));
    return {
      title: language.text("title"),
      views: [
        view("overview", "mdi:shield-sync", cards(CARD)),
        ...(cameras.length ? [view("cameras", "mdi:cctv", cameras)] : []),
        view("outages", "mdi:clipboard-text-clock", cards(OUTAGES_CARD)),
      ],
    };
  }

  /** Return the units of a group as they are now. */
  static _look(hass, wanted) {
    return new Promise((resolve) => {
      const group = new Group(hass, wanted, () => {
        resolve(group.units);
        group.end();
      });
    });
  }

  static _cameras({ name, device }) {
    const shown = (device?.cameras ?? []).filter((camera) => camera.entity_id);
    if (!shown.length) return [];
    const cards = shown.map((camera) => ({
      type: "picture-entity",
      entity: camera.entity_id,
      name: camera.name,
      show_state: false,
    }));
    return [
      { type: "grid", cards: [{ type: "heading", heading: name, icon: "mdi:nas" }, ...cards] },
    ];
  }
}

/* ---- How it looks: Home Assistant's own colours and sizes ---- */

const STYLE = `
:host {
  --good: var(--success-color, #43a047);
  --warn: var(--warning-color, #ffa600);
  --bad: var(--error-color, #db4437);
  --calm: var(--info-color, #039be5);
  --quiet: var(--secondary-text-color, #727272);
  --text: var(--primary-text-color, #141414);
  --surface: var(--ha-card-background, var(--card-background-color, #fff));
  --line: color-mix(in srgb, var(--text) 12%, transparent);
  --own: color-mix(in srgb, var(--good) 62%, var(--surface));
  --spare: var(--warn);
  --lost: var(--bad);
  --alarm: color-mix(in srgb, var(--bad) 78%, #000);
  --small: var(--ha-font-size-s, 12px);
  --medium: var(--ha-font-size-m, 14px);
  --large: var(--ha-font-size-l, 16px);
  --bold: var(--ha-font-weight-medium, 500);
  --round: var(--ha-border-radius-pill, 9999px);
  --soft: var(--ha-border-radius-lg, 12px);
  display: block;
}
ha-card { height: 100%; overflow: hidden; }
.page {
  display: flex; flex-direction: column; gap: 16px; padding: 16px;
  color: var(--text); font-size: var(--medium); line-height: 1.45;
}
span, small { unicode-bidi: plaintext; }
h2, h3, h4, p, ul, ol, dl, dd { margin: 0; padding: 0; }
ul, ol { list-style: none; }
h2 { font-size: var(--ha-font-size-xl, 20px); font-weight: var(--bold); line-height: 1.25; }
h3 { color: var(--quiet); font-size: var(--medium); font-weight: var(--bold); }
h4 { font-size: var(--large); font-weight: var(--bold); line-height: 1.3; }
small, .who p, .title p, .scale, .legend, dt { color: var(--quiet); font-size: var(--small); }
.title p { font-size: var(--medium); }
[hidden] { display: none !important; }
.hidden {
  position: absolute; inline-size: 1px; block-size: 1px; overflow: hidden;
  clip-path: inset(50%); white-space: nowrap;
}

/* What a status looks like: a colour, beside its icon and its word */
.recording { --tone: var(--good); }
.backing_up, .backing_up_and_synchronizing { --tone: var(--warn); }
.synchronizing { --tone: var(--calm); }
.unverified, .idle { --tone: var(--quiet); }
.no_record, .not_backed_up { --tone: var(--bad); }
.disc {
  flex: none; display: grid; place-items: center; inline-size: 40px; block-size: 40px;
  border-radius: 50%; color: var(--tone);
  background: color-mix(in srgb, var(--tone) 16%, transparent);
}
.pill {
  display: inline-block; padding: 2px 10px; border-radius: var(--round); font-size: var(--small);
  font-weight: var(--bold); line-height: 1.6; white-space: nowrap;
  background: color-mix(in srgb, var(--tone) 20%, transparent);
}
.unit.not_backed_up .pill { color: #fff; background: var(--alarm); }

/* At the top */
.top { display: flex; flex-direction: column; gap: 12px; }
.title { display: flex; align-items: center; gap: 12px; }
.alarm {
  display: flex; flex-wrap: wrap; align-items: center; gap: 4px 12px; margin: -16px -16px 4px;
  padding: 14px 16px; color: #fff; background: var(--alarm); font-size: var(--large);
}
.alarm strong { font-weight: var(--ha-font-weight-bold, 600); }
.alarm span { flex: 1 1 12em; font-size: var(--medium); }
.counts, .chips, .legend { display: flex; flex-wrap: wrap; gap: 6px 14px; }
.counts li::before {
  content: ""; display: inline-block; inline-size: 8px; block-size: 8px; border-radius: 50%;
  margin-inline-end: 6px; background: var(--tone);
}

/* Units: as many beside one another as there is room for */
.units { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 360px), 1fr)); gap: 12px; }
.unit {
  display: flex; flex-direction: column; gap: 10px; padding: 12px; align-self: start;
  border: 1px solid var(--line); border-radius: var(--soft);
  content-visibility: auto; contain-intrinsic-block-size: auto 120px; container: unit / inline-size;
}
.unit.backing_up, .unit.synchronizing, .unit.no_record { border-color: color-mix(in srgb, var(--tone) 55%, transparent); }
.unit.not_backed_up {
  border: 2px solid var(--bad); padding: 11px;
  background: color-mix(in srgb, var(--bad) 8%, transparent);
}
.head { display: flex; align-items: center; gap: 12px; }
.who { flex: 1; min-inline-size: 0; }
.who h4, .who p { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.offline { color: color-mix(in srgb, var(--bad) 75%, var(--text)); font-weight: var(--bold); }
.state { display: flex; flex-direction: column; align-items: flex-end; gap: 2px; text-align: end; }
.state small { white-space: nowrap; }
@container unit (max-width: 410px) {
  .head { flex-wrap: wrap; }
  .who { flex-basis: calc(100% - 110px); }
  .state { order: 1; flex: 1 0 100%; flex-direction: row; align-items: center; justify-content: space-between; }
}

.happening, .missed, .places, .progress { display: flex; flex-direction: column; gap: 6px; }
.chips { gap: 6px; }
.chips li, .chips button {
  display: inline-flex; align-items: center; gap: 4px; padding: 1px 10px; border-radius: var(--round);
  background: color-mix(in srgb, var(--text) 7%, transparent); font-size: var(--small);
}
.chips ha-icon { --mdc-icon-size: 14px; color: color-mix(in srgb, var(--good) 80%, var(--text)); }
.missed {
  padding: 10px 12px; border-radius: 8px; color: #fff; background: var(--alarm);
}
.track { block-size: 8px; border-radius: 4px; overflow: hidden; background: var(--line); }
.track div {
  block-size: 100%; border-radius: 4px; background: var(--tone); transition: inline-size .6s ease;
}
.places { --tone: var(--primary-color, #009ac7); }
.progress p, .meter p { display: flex; justify-content: space-between; gap: 12px; font-size: var(--small); }
.meter p { color: var(--quiet); margin-block-end: 3px; }
.meter .track { block-size: 6px; }

/* The last 24 hours */
.bar {
  position: relative; block-size: 16px; border-radius: 5px; overflow: hidden;
  background: repeating-linear-gradient(90deg, var(--line) 0 1px, transparent 1px 25%), color-mix(in srgb, var(--text) 5%, transparent);
}
.stretch { background: linear-gradient(to top, var(--kind) var(--share, 100%), var(--rest, transparent) 0); }
.bar .stretch { position: absolute; inset-block: 0; min-inline-size: 3px; }
.stretch.own { --kind: var(--own); }
.stretch.spare { --kind: var(--spare); z-index: 1; }
.stretch.lost { --kind: var(--lost); z-index: 2; }
.stretch.not_scheduled { --kind: color-mix(in srgb, var(--text) 10%, transparent); }
.stretch.untold, .stretch.unwatched {
  background: repeating-linear-gradient(-45deg, color-mix(in srgb, var(--text) 22%, transparent) 0 2px, transparent 2px 6px);
}
.stretch.unwatched { background: repeating-linear-gradient(-45deg, color-mix(in srgb, var(--text) 34%, transparent) 0 3px, transparent 3px 6px); }
a.stretch:hover { filter: brightness(1.12); }
.scale { display: flex; justify-content: space-between; margin-block-start: 3px; font-variant-numeric: tabular-nums; }
.legend { gap: 4px 14px; }
.legend .stretch { display: inline-block; inline-size: 10px; block-size: 10px; border-radius: 3px; margin-inline-end: 6px; }

/* Opened */
.details { display: flex; flex-direction: column; gap: 12px; padding-block-start: 10px; border-block-start: 1px solid var(--line); }
.cameras { display: grid; gap: 8px; }
.cameras li { display: grid; gap: 2px; font-size: var(--small); }
.cameras button, .cameras li > span { justify-self: start; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.cameras .bar { block-size: 12px; }
dl { display: grid; gap: 6px; }
dl div { display: grid; grid-template-columns: minmax(96px, 32%) 1fr; gap: 10px; }
dt, dd { font-size: var(--small); }
.actions { display: flex; flex-wrap: wrap; gap: 8px; }

/* What can be pressed */
button { font: inherit; color: inherit; background: none; border: 0; padding: 0; margin: 0; cursor: pointer; max-inline-size: 100%; }
.who button { overflow: hidden; text-overflow: ellipsis; }
.who button:hover, .cameras button:hover { text-decoration: underline; }
.button, .round { display: inline-flex; align-items: center; justify-content: center; gap: 6px; }
.button {
  min-block-size: 36px; padding: 0 14px; border-radius: var(--round); font-size: var(--medium);
  font-weight: var(--bold); text-decoration: none; color: var(--text);
  background: color-mix(in srgb, var(--primary-color, #009ac7) 16%, transparent);
}
.button ha-icon { --mdc-icon-size: 18px; }
.button.strong { color: var(--text-primary-color, #fff); background: color-mix(in srgb, var(--primary-color, #009ac7) 75%, #000); }
.button:disabled { cursor: default; opacity: .55; }
.button:hover:enabled, a.button:hover { filter: brightness(1.08); }
.round { flex: none; inline-size: 40px; block-size: 40px; border-radius: 50%; color: var(--quiet); }
.round:hover { background: var(--line); }
:focus-visible { outline: 2px solid var(--primary-color, #009ac7); outline-offset: 2px; border-radius: 6px; }
.bar .stretch:focus-visible { outline-offset: -2px; outline-color: var(--text); z-index: 3; }

.note { display: flex; flex-direction: column; align-items: center; gap: 12px; padding: 24px 8px; text-align: center; color: var(--quiet); }
.note > ha-icon { --mdc-icon-size: 40px; }
.quiet { color: var(--quiet); }

/* Outages */
.outages { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 320px), 1fr)); gap: 12px; }
.outages > li { display: flex; flex-direction: column; gap: 10px; align-items: flex-start; padding: 12px; border: 1px solid var(--line); border-radius: var(--soft); }
.outages h3 { color: var(--text); font-size: var(--large); }
.outages .line p { color: var(--quiet); font-size: var(--small); }
.outages dl, table { inline-size: 100%; }
table { border-collapse: collapse; font-size: var(--small); }
th { text-align: start; font-weight: normal; }
thead th { color: var(--quiet); }
td, thead th:last-child { text-align: end; }
th, td { padding: 3px 0; border-block-end: 1px solid var(--line); }
td.bad { color: color-mix(in srgb, var(--bad) 75%, var(--text)); font-weight: var(--bold); }
td.well { color: color-mix(in srgb, var(--good) 60%, var(--text)); }

/* Dialogs */
dialog {
  inline-size: min(480px, calc(100vw - 32px)); max-block-size: calc(100vh - 32px); box-sizing: border-box;
  padding: 20px; border: 0; border-radius: var(--ha-dialog-border-radius, 24px); overflow: auto;
  color: var(--text); background: var(--ha-dialog-surface-background, var(--surface, #fff)); font-size: var(--medium); line-height: 1.45;
}
dialog::backdrop { background: rgb(0 0 0 / 50%); }
dialog > * + * { margin-block-start: 14px; }
dialog .actions { justify-content: flex-end; }
dialog.footage { inline-size: min(760px, calc(100vw - 24px)); }
dialog .line { display: flex; align-items: center; justify-content: space-between; gap: 12px; }
video { display: block; inline-size: 100%; aspect-ratio: 16 / 9; border-radius: 8px; background: #000; }
.clips { display: grid; grid-template-columns: repeat(auto-fill, minmax(120px, 1fr)); gap: 8px; }
.clips button { display: grid; inline-size: 100%; padding: 4px; border-radius: 8px; text-align: start; font-size: var(--small); }
.clips button:hover { background: var(--line); }
.clips img { inline-size: 100%; aspect-ratio: 16 / 9; object-fit: cover; border-radius: 6px; background: var(--line); }
[aria-pressed="true"] { outline: 2px solid var(--primary-color, #009ac7); }

@media (prefers-reduced-motion: no-preference) {
  .unit.backing_up .disc, .unit.not_backed_up .disc { animation: breathe 2.4s ease-in-out infinite; }
  @keyframes breathe { 50% { background: color-mix(in srgb, var(--tone) 36%, transparent); } }
}
`;

/* ---- Home Assistant is told of it ---- */

/** For an entity of ours: the card of its recorder, or of the group where it is the group's. */
const suggestion = (hass, entityId) => {
  const { platform, device_id: device } = hass.entities[entityId] ?? {};
  if (platform !== DOMAIN || !device) return null;
  const group = groupOf(hass, device);
  const whole = hass.devices[device].entry_type === "service";
  return { config: { type: `custom:${CARD}`, group, ...(!whole && { device }) } };
};

for (const [name, element] of [
  [CARD, NvrHotSpareCard],
  [OUTAGES_CARD, NvrHotSpareOutagesCard],
  [`ll-strategy-dashboard-${STRATEGY}`, NvrHotSpareStrategy],
]) {
  if (!customElements.get(name)) customElements.define(name, element);
}

const listed = { preview: true, documentationURL: DOCUMENTATION };
(window.customCards ??= []).push(
  {
    ...listed,
    type: CARD,
    name: "NVR Hot Spare",
    description: "Who records what: recorders, their spares, and the last 24 hours.",
    getEntitySuggestion: suggestion,
  },
  {
    ...listed,
    type: OUTAGES_CARD,
    name: "NVR Hot Spare outages",
    description: "The outages that are over: how long, what was lost, and the footage.",
  },
);
(window.customStrategies ??= []).push({
  type: STRATEGY,
  strategyType: "dashboard",
  name: "NVR Hot Spare",
  description: "Recorders, their cameras and their outages.",
  documentationURL: DOCUMENTATION,
});
