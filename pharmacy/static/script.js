/* Triturate's one script: keys, type-ahead, live preview. Every page works without it.
   It keeps nothing: no storage of the browser holds what was typed; one cookie remembers that single-letter keys are off. */
"use strict";

(() => {
  const $ = (selector, root = document) => root.querySelector(selector);
  const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];
  const FIELD = "input:not([type=checkbox]):not([type=radio]):not([type=button]):not([type=submit]), textarea, select, [contenteditable]";
  const inField = (target) => target instanceof Element && target.closest(FIELD) !== null;
  const shown = (element) => element && !element.disabled && element.type !== "hidden" && element.getClientRects().length > 0;

  /* ---------- saying something to a screen reader ---------- */
  let sayLater;
  function say(text) {
    const live = $("#live");
    clearTimeout(sayLater);
    // A person who types fast wants the last answer, not each one on the way.
    sayLater = setTimeout(() => { if (live && live.textContent !== text) live.textContent = text; }, 600);
  }

  /* ---------- posting to our own server ---------- */
  function post(url, body, signal) {
    const token = body.get("csrf_token") || $("input[name=csrf_token]")?.value || "";
    return fetch(url, {
      method: "POST", body, signal, credentials: "same-origin", redirect: "manual", cache: "no-store",
      headers: { "X-CSRFToken": token, "X-Requested-With": "fetch" },
    });
  }

  /* ---------- a button is pressed once ---------- */
  const resting = new Set();
  function wake() {
    for (const button of resting) button.disabled = false;
    resting.clear();
  }
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || form.target || "again" in form.dataset) return;
    // After this event the browser reads the form, the pressed button's name with it: only then may the button go dead.
    setTimeout(() => {
      for (const button of form.elements) {
        if (button.type === "submit" && !button.disabled) { button.disabled = true; resting.add(button); }
      }
    }, 0);
    setTimeout(wake, 8000);  // an answer that is a file leaves the page standing
  });
  window.addEventListener("pageshow", wake);

  /* ---------- keys ---------- */
  const KEYS_OFF = "triturate_keys=off";
  const singleKeys = () => document.body.dataset.singleKeys !== "off" && !document.cookie.split("; ").includes(KEYS_OFF);

  function mainForm() {
    // A signature is never beside a shortcut.
    const eligible = (form) => form && !form.closest(".sign") && form.method === "post";
    return [$("form[data-main]"), $("form.slip")].find(eligible) || null;
  }
  function part(number) {
    const named = $(`[data-part="${number}"]`);
    if (named) return named.matches("a, button, input, select, textarea, [tabindex]") ? named : $$("input, select, textarea, button, a", named).find(shown);
    const form = mainForm();
    const fieldset = form && $$("fieldset", form).filter((one) => !one.parentElement.closest("fieldset"))[number - 1];
    return fieldset && $$("input, select, textarea, button", fieldset).find(shown);
  }
  function moveRow(step) {
    const rows = $$(".queue tbody tr:not(.group), .rows > tbody > tr, .rows > tr, ul.rows > li").filter(shown);
    if (!rows.length) return;
    const now = rows.findIndex((row) => row.contains(document.activeElement));
    const row = rows[now < 0 ? (step > 0 ? 0 : rows.length - 1) : Math.min(Math.max(now + step, 0), rows.length - 1)];
    const door = $(".do a, .do button, [data-open]", row) || $("a, button", row);
    if (!door) row.tabIndex = -1;
    (door || row).focus();
    row.scrollIntoView({ block: "nearest" });
  }
  function openKeys() {
    const dialog = document.getElementById(document.body.dataset.keys || "");
    if (!dialog || dialog.open) return;
    for (const row of $$("[data-keys-for]", dialog)) row.hidden = !$(row.dataset.keysFor);
    dialog.showModal();
  }
  function find() {
    const field = ["find", "find-menu"].map((id) => document.getElementById(id)).find(shown);
    const menu = $("details.menu");
    if (!field && shown(menu)) menu.open = true;
    const target = field || document.getElementById("find-menu");
    target?.focus();
    target?.select();
  }

  /* A scanner is a keyboard that types fast and ends with Enter. Outside a field its letters are not commands and its
     Enter presses no button: what was scanned goes to the page's scan field, else to the search. */
  let burst = "", lastKey = 0, pending = 0;
  function letter(event) {
    const quick = event.timeStamp - lastKey < 60;
    lastKey = event.timeStamp;
    clearTimeout(pending);
    if (event.key === "Enter") {
      const scanned = quick && burst.length >= 4 ? burst : "";
      burst = "";
      if (!scanned) return;
      event.preventDefault();
      const field = $$("[data-scan]").find(shown) || $("#find");
      if (field) { field.value = scanned; field.focus(); field.dispatchEvent(new Event("input", { bubbles: true })); field.form?.requestSubmit(); }
      return;
    }
    if (event.key.length !== 1) return;
    burst = quick ? burst + event.key : event.key;
    if (burst.length > 1) return;
    const act = { j: () => moveRow(1), k: () => moveRow(-1), n: () => document.body.dataset.new && location.assign(document.body.dataset.new) }[event.key.toLowerCase()];
    if (act && singleKeys()) pending = setTimeout(act, 80);
  }

  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.isComposing) return;
    if ((event.ctrlKey || event.metaKey) && !event.altKey && event.key.toLowerCase() === "s") {
      const form = mainForm();
      if (form) { event.preventDefault(); form.requestSubmit($$("button[type=submit]", form).find((button) => !("addStep" in button.dataset) && shown(button))); }
      return;
    }
    if (event.altKey && !event.ctrlKey && !event.metaKey) {
      const digit = /^(?:Digit|Numpad)([1-9])$/.exec(event.code)?.[1];
      const target = digit && part(Number(digit));
      if (target) { event.preventDefault(); target.focus(); target.scrollIntoView({ block: "nearest" }); }
      if (event.key === "+" || event.code === "NumpadAdd" || event.code === "Equal") {
        const add = $("button[data-add-step]");
        if (add) { event.preventDefault(); add.click(); }
      }
      return;
    }
    if (event.ctrlKey || event.metaKey || inField(event.target) || $("dialog[open]")) return;
    if (singleKeys() && event.key === "/") { event.preventDefault(); find(); return; }
    if (singleKeys() && event.key === "?") { event.preventDefault(); openKeys(); return; }
    letter(event);
  });

  /* ---------- weights, one after another: Enter goes on; the last leads to the button, never presses it ---------- */
  document.addEventListener("keydown", (event) => {
    const grid = event.key === "Enter" && event.target instanceof HTMLInputElement && event.target.closest("[data-grid]");
    if (!grid || event.isComposing) return;
    event.preventDefault();
    const fields = $$("input", grid).filter(shown);
    const next = fields[fields.indexOf(event.target) + 1] || $$("button[type=submit]", event.target.form || grid).find(shown);
    next?.focus();
    if (next instanceof HTMLInputElement) next.select();
  });

  /* ---------- a weight outside its limits is marked as soon as it is typed; the server decides ---------- */
  document.addEventListener("change", (event) => {
    const field = event.target;
    if (!(field instanceof HTMLInputElement) || !field.dataset.low) return;
    const typed = field.value.trim() && Number(field.value);
    const outside = typed !== "" && !(typed >= Number(field.dataset.low) && typed <= Number(field.dataset.high));
    field.classList.toggle("is-outside", outside);
    if (outside) say(`${field.labels[0]?.textContent || "This weight"}: outside ${field.dataset.low} to ${field.dataset.high} mg.`);
  });

  /* ---------- a further step of the directions ---------- */
  document.addEventListener("click", (event) => {
    const add = event.target instanceof Element && event.target.closest("button[data-add-step]");
    const template = add && add.dataset.addStep && document.getElementById(add.dataset.addStep);
    const place = add && document.getElementById(add.dataset.addInto || "");
    if (!template || !place) return;  // without a template the button posts the form and the server adds the step
    event.preventDefault();
    const index = place.children.length;
    if (index >= Number(add.dataset.addMost || 12)) { say("No more steps fit here."); return; }
    const copy = template.content.cloneNode(true);
    for (const node of [...copy.querySelectorAll("*")]) {
      for (const attribute of node.attributes) attribute.value = attribute.value.replaceAll("__index__", index).replaceAll("__number__", index + 1);
      if (!node.children.length) node.textContent = node.textContent.replaceAll("__number__", index + 1);
    }
    place.append(copy);
    $$("input, select", place.lastElementChild).find(shown)?.focus();
  });

  /* ---------- what was refused, once it is typed anew: the old sentence would be about what no longer stands there ---------- */
  for (const kind of ["input", "change"]) document.addEventListener(kind, (event) => {
    const field = event.target;
    if (!(field instanceof Element) || field.getAttribute("aria-invalid") !== "true") return;
    field.removeAttribute("aria-invalid");
    const ids = (field.getAttribute("aria-describedby") || "").split(" ");
    for (const id of ids.filter((one) => one.endsWith("-e"))) document.getElementById(id)?.remove();
    const still = ids.filter((one) => one && !one.endsWith("-e")).join(" ");
    if (still) field.setAttribute("aria-describedby", still); else field.removeAttribute("aria-describedby");
    const group = field.closest("fieldset");
    if (group && !$("[aria-invalid=true]", group)) $("[data-while-marked]", group)?.remove();
  });

  /* ---------- the panel that shows, as one types, what will come of it ---------- */
  function preview(form) {
    const target = document.getElementById("data-preview-target") || $(form.dataset.previewInto || null);
    if (!target) return;
    let timer, running;
    const stale = (words) => {
      // Old figures beside new entries would be a silent error: they stay legible and say that they are old.
      target.classList.add("is-stale");
      if (!$(".stale-word", target)) target.insertAdjacentHTML("afterbegin", '<p class="stale-word" role="status"></p>');
      $(".stale-word", target).textContent = words;
    };
    async function refresh() {
      running?.abort();
      const mine = running = new AbortController();
      const body = new FormData(form);
      for (const [name, value] of [...body]) if (value instanceof File) body.delete(name);
      target.setAttribute("aria-busy", "true");
      try {
        const answer = await post(form.dataset.preview, body, mine.signal);
        if (answer.type === "opaqueredirect" || answer.status === 401) {
          stale("You were signed out: what stands below is old. Save, and sign in again; nothing typed is lost.");
        } else if (!answer.ok) {
          stale("This could not be worked out anew: what stands below is old.");
        } else {
          const page = await answer.text();
          if (mine.signal.aborted) return;
          target.innerHTML = page;
          target.classList.remove("is-stale");
          say($$("[data-live]", target).map((node) => node.textContent.trim().replace(/\s+/g, " ")).join(". "));
        }
      } catch (error) {
        if (error.name === "AbortError") return;
        stale("The server does not answer: what stands below is old.");
      } finally {
        if (running === mine) target.removeAttribute("aria-busy");
      }
    }
    const soon = () => { clearTimeout(timer); timer = setTimeout(refresh, 250); };
    form.addEventListener("input", soon);
    form.addEventListener("change", soon);
    form.addEventListener("submit", () => { clearTimeout(timer); running?.abort(); });
    if (!target.firstElementChild) refresh();
  }

  /* ---------- a search as one types (ARIA combobox with a list) ---------- */
  function combobox(input) {
    const form = input.form;
    const into = form && form.elements.namedItem(input.dataset.suggestInto || "");
    const picked = document.getElementById(`${input.id}-picked`);
    const list = Object.assign(document.createElement("ul"), { id: `${input.id}-list`, className: "suggest", hidden: true });
    list.setAttribute("role", "listbox");
    list.setAttribute("aria-label", input.labels?.[0]?.textContent || "Found");
    input.after(list);
    for (const [name, value] of Object.entries({ role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": list.id })) input.setAttribute(name, value);
    let timer, running, active = -1, scanned = false;
    const options = () => $$('[role="option"]', list);

    function mark(index) {
      const all = options();
      active = all.length ? (index + all.length) % all.length : -1;
      all.forEach((option, at) => option.setAttribute("aria-selected", at === active ? "true" : "false"));
      if (active < 0) { input.removeAttribute("aria-activedescendant"); return; }
      input.setAttribute("aria-activedescendant", all[active].id);
      all[active].scrollIntoView({ block: "nearest" });
    }
    function open(isOpen) {
      list.hidden = !isOpen;
      input.setAttribute("aria-expanded", String(isOpen));
      if (!isOpen) { active = -1; input.removeAttribute("aria-activedescendant"); }
    }
    function set(value) {
      if (!into || into.value === value) return;
      into.value = value;
      into.dispatchEvent(new Event("change", { bubbles: true }));
    }
    function choose(option) {
      clearTimeout(timer);
      running?.abort();
      running = null;
      input.value = option.dataset.label ?? option.textContent.trim();
      if (picked) picked.replaceChildren(...[...option.childNodes].map((node) => node.cloneNode(true)));
      set(option.dataset.value ?? "");
      open(false);
      say(`${input.value} chosen`);
    }
    async function ask() {
      running?.abort();
      const q = input.value.trim();
      if (q.length < Number(input.dataset.suggestFrom || 2)) { running = null; open(false); return; }
      const mine = running = new AbortController();
      const body = new FormData();
      body.set("q", q);
      const token = form && form.elements.namedItem("csrf_token");
      if (token) body.set("csrf_token", token.value);
      try {
        const answer = await post(input.dataset.suggest, body, mine.signal);
        if (!answer.ok) throw new Error("refused");
        const page = await answer.text();
        if (mine.signal.aborted) return;
        list.innerHTML = page;
        const all = options();
        all.forEach((option, at) => { option.id = `${list.id}-${at}`; option.setAttribute("aria-selected", "false"); });
        active = -1;
        open(list.childElementCount > 0 && document.activeElement === input);
        say(all.length === 1 ? "1 found" : `${all.length} found`);
        if (scanned && all.length === 1) choose(all[0]);
      } catch (error) {
        if (error.name === "AbortError") return;
        list.innerHTML = "<li>The search does not answer. Type the whole name; it is looked up when you save.</li>";
        open(true);
      } finally {
        if (running === mine) { running = null; scanned = false; }
      }
    }
    input.addEventListener("input", () => {
      // The id of someone chosen before must not stay under another name.
      set("");
      picked?.replaceChildren();
      clearTimeout(timer);
      timer = setTimeout(ask, 150);
    });
    input.addEventListener("keydown", (event) => {
      if (event.isComposing) return;
      const all = options();
      if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        event.preventDefault();
        if (list.hidden) { ask(); return; }
        mark(event.key === "ArrowDown" ? active + 1 : active < 0 ? all.length - 1 : active - 1);
      } else if (event.key === "Enter") {
        const waiting = running !== null || (input.value.trim() && into && !into.value && list.hidden);
        if (list.hidden && !waiting) return;
        event.preventDefault();
        if (!list.hidden && active >= 0) choose(all[active]);
        else if (!list.hidden && !running && all.length === 1) choose(all[0]);
        else { scanned = true; clearTimeout(timer); ask(); }
      } else if (event.key === "Escape" && !list.hidden) {
        event.preventDefault();
        event.stopPropagation();
        open(false);
      } else if (event.key === "Tab" && !list.hidden && active >= 0) {
        choose(all[active]);
      }
    });
    list.addEventListener("mousedown", (event) => event.preventDefault());  // the field keeps the focus
    list.addEventListener("click", (event) => {
      const option = event.target.closest('[role="option"]');
      if (option) choose(option);
    });
    input.addEventListener("blur", () => { clearTimeout(timer); open(false); });
  }

  /* ---------- begin ---------- */
  $$("form[data-preview]").forEach(preview);
  $$("input[data-suggest]").forEach(combobox);
  for (const button of $$("[data-opens]")) {
    button.hidden = false;
    button.addEventListener("click", openKeys);
  }
  for (const button of $$("[data-print]")) {
    button.hidden = false;
    button.addEventListener("click", () => window.print());
  }
  const toggle = document.getElementById("single-keys");
  if (toggle) {
    toggle.checked = singleKeys();
    toggle.addEventListener("change", () => {
      document.cookie = `${KEYS_OFF}; path=/; samesite=strict; max-age=${toggle.checked ? 0 : 31536000}`;
    });
  }
  document.addEventListener("click", (event) => {
    const menu = $("details.menu[open]");
    if (menu && !menu.contains(event.target)) menu.open = false;
  });
  document.addEventListener("keydown", (event) => {
    const menu = event.key === "Escape" && $("details.menu[open]");
    if (menu) { menu.open = false; $("summary", menu).focus(); }
  });
  // After a form came back with errors, the first thing to read is what is wrong; at the bench it is the scan field.
  (($("[data-first-focus]") || $$("[aria-invalid=true]").find(shown) || $$("[data-scan]").find(shown)))?.focus();
})();
