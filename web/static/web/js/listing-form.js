// The listing form: units that measure the chosen resource, and the fields of a new place.

const material = document.getElementById("id_material");
const unit = document.getElementById("id_quantity_unit");
const site = document.getElementById("id_site");
const place = document.getElementById("new-place");

function fitUnits() {
  const kind = material.dataset.kind;
  if (!kind) return;
  for (const option of unit.options) {
    const fits = option.dataset.kinds.split(" ").includes(kind);
    option.hidden = !fits;
    option.disabled = !fits;
  }
  if (unit.selectedOptions[0]?.disabled) {
    unit.value = [...unit.options].find((option) => !option.disabled).value;
  }
}

material?.addEventListener("change", fitUnits);
site?.addEventListener("change", () => { place.hidden = site.value !== "new"; });

// "More" holds the field that an address points to.
if (window.location.hash === "#more") document.getElementById("more").open = true;

// What was read out of pasted text goes into the form when a person picks it.
document.getElementById("draft")?.addEventListener("click", (event) => {
  const choice = event.target.closest("[data-fill]");
  if (!choice) return;
  const { fill, kind, ...answers } = choice.dataset;
  for (const [name, answer] of Object.entries(answers)) {
    const field = document.getElementById(`id_${name}`);
    if (!field) continue;
    if (name === "material" && kind) field.dataset.kind = kind;
    field.value = answer;
    field.closest("details")?.setAttribute("open", "");
  }
  material.dispatchEvent(new Event("change", { bubbles: true }));
  for (const other of choice.parentElement.querySelectorAll("[data-fill]")) {
    other.setAttribute("aria-pressed", String(other === choice));
  }
});
