// A text box that suggests while one types (WAI-ARIA combobox with a list). Without this script
// the text itself is sent and the server resolves it.
//
//   <div data-combo data-url="/suggest/" data-none="words"> <input type="text">
//        <input type="hidden" data-combo-value> </div>
//
// The address answers [{value, label, detail}]. A choice fills the hidden field and fires "change".

let serial = 0;

class Combo {
  constructor(root) {
    this.root = root;
    this.input = root.querySelector("input:not([type=hidden])");
    this.value = root.querySelector("[data-combo-value]");
    this.options = [];
    this.active = -1;
    this.list = document.createElement("ul");
    this.list.setAttribute("role", "listbox");
    this.list.id = `combo-list-${serial += 1}`;
    this.list.hidden = true;
    const label = root.closest("label") ?? document.querySelector(`label[for="${this.input.id}"]`);
    if (label) this.list.setAttribute("aria-label", label.textContent.trim());
    root.append(this.list);
    this.input.setAttribute("role", "combobox");
    this.input.setAttribute("aria-autocomplete", "list");
    this.input.setAttribute("aria-expanded", "false");
    this.input.setAttribute("aria-controls", this.list.id);
    this.input.addEventListener("input", () => this.onInput());
    this.input.addEventListener("keydown", (event) => this.onKey(event));
    this.input.addEventListener("blur", () => setTimeout(() => this.close(), 150));
    this.list.addEventListener("mousedown", (event) => event.preventDefault());
    this.list.addEventListener("click", (event) => {
      const item = event.target.closest("[role=option]");
      if (item) this.choose(Number(item.dataset.index));
    });
  }

  onInput() {
    clearTimeout(this.timer);
    if (this.value.value) {
      this.value.value = "";
      if (!this.input.value.trim()) this.announce();
    }
    this.timer = setTimeout(() => this.fetch(), 180);
  }

  async fetch() {
    const words = this.input.value.trim();
    if (words.length < 2) return this.close();
    const url = new URL(this.root.dataset.url, window.location.href);
    url.searchParams.set("q", words);
    this.request?.abort();
    this.request = new AbortController();
    try {
      const answer = await fetch(url, { signal: this.request.signal });
      if (answer.ok) this.show((await answer.json()).results);
    } catch (error) {
      if (error.name !== "AbortError") this.close();
    }
    return undefined;
  }

  show(options) {
    this.options = options;
    this.active = -1;
    const items = options.map((option, index) => {
      const item = document.createElement("li");
      item.setAttribute("role", "option");
      item.id = `${this.list.id}-${index}`;
      item.dataset.index = String(index);
      item.textContent = option.label;
      if (option.detail) {
        const detail = document.createElement("small");
        detail.textContent = option.detail;
        item.append(detail);
      }
      return item;
    });
    if (!items.length) {
      const none = document.createElement("li");
      none.className = "none";
      none.setAttribute("role", "option");
      none.setAttribute("aria-disabled", "true");
      none.textContent = this.root.dataset.none ?? "";
      items.push(none);
    }
    this.list.replaceChildren(...items);
    this.list.hidden = false;
    this.input.setAttribute("aria-expanded", "true");
  }

  onKey(event) {
    if (event.key === "Escape") this.close();
    if (this.list.hidden || !this.options.length) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      const step = event.key === "ArrowDown" ? 1 : -1;
      this.mark((this.active + step + this.options.length) % this.options.length);
    } else if (event.key === "Enter" && this.active >= 0) {
      event.preventDefault();
      this.choose(this.active);
    }
  }

  mark(index) {
    this.active = index;
    for (const item of this.list.children) {
      const chosen = Number(item.dataset.index) === index;
      item.setAttribute("aria-selected", String(chosen));
      if (chosen) {
        item.scrollIntoView({ block: "nearest" });
        this.input.setAttribute("aria-activedescendant", item.id);
      }
    }
  }

  choose(index) {
    const option = this.options[index];
    if (!option) return;
    this.input.value = option.label;
    this.value.value = option.value;
    this.value.dataset.kind = option.kind ?? "";
    this.close();
    this.announce();
  }

  announce() {
    this.value.dispatchEvent(new Event("change", { bubbles: true }));
  }

  close() {
    this.list.hidden = true;
    this.input.setAttribute("aria-expanded", "false");
    this.input.removeAttribute("aria-activedescendant");
  }
}

for (const root of document.querySelectorAll("[data-combo]")) new Combo(root);
