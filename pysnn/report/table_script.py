"""What makes a table of a page one that can be filtered and sorted; without scripts it is a table as any other."""

__all__ = ["TABLE_SCRIPT", "TABLE_STYLE"]

TABLE_STYLE = """
.sortable { max-height: 32rem; overflow: auto; }
.sortable td { white-space: nowrap; }
.sortable td.long { white-space: normal; min-width: 24rem; text-align: left; }
.sortable th { white-space: nowrap; position: sticky; top: 0; background: Canvas; }
.sortable th button { font: inherit; color: inherit; background: none; border: 0; padding: 0; cursor: pointer; }
.sortable th button::after { content: " \\2195"; opacity: .4; }
.sortable th[aria-sort="ascending"] button::after { content: " \\2191"; opacity: 1; }
.sortable th[aria-sort="descending"] button::after { content: " \\2193"; opacity: 1; }
.filter input { font: inherit; width: 24rem; max-width: 100%; }
"""

TABLE_SCRIPT = r"""
document.querySelectorAll(".sortable").forEach((box, number) => {
  const table = box.querySelector("table"), body = table.tBodies[0], rows = [...body.rows];
  const heads = [...table.tHead.rows[0].cells], names = heads.map((head) => head.textContent);
  const value = (row, k) => row.cells[k].dataset.v ?? row.cells[k].textContent;
  const amount = (text) => (text.trim() === "" ? NaN : Number(text));

  const form = document.createElement("p");
  form.className = "filter";
  form.innerHTML = `<label for="filter-${number}">Filter</label> <input id="filter-${number}" type="search"
    placeholder="words, or column&gt;0.9, column=name" autocomplete="off"> <span role="status"></span>`;
  box.before(form);
  const input = form.querySelector("input"), status = form.querySelector("span");

  const test = (word) => {
    const found = word.match(/^(.+?)(>=|<=|>|<|=)(.*)$/), k = found ? names.indexOf(found[1]) : -1;
    if (k < 0) return (row) => row.textContent.toLowerCase().includes(word.toLowerCase());
    const [, , sign, text] = found, wanted = amount(text);
    if (sign === "=") return (row) => value(row, k) === text || row.cells[k].textContent === text;
    return (row) => {
      const here = amount(value(row, k));
      return sign === ">" ? here > wanted : sign === "<" ? here < wanted : sign === ">=" ? here >= wanted : here <= wanted;
    };
  };
  const filter = () => {
    const tests = input.value.split(/\s+/).filter(Boolean).map(test);
    let shown = 0;
    rows.forEach((row) => { row.hidden = !tests.every((each) => each(row)); shown += !row.hidden; });
    status.textContent = `${shown.toLocaleString("en")} of ${rows.length.toLocaleString("en")} rows`;
  };
  input.addEventListener("input", filter);
  filter();

  heads.forEach((head, k) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = names[k];
    head.replaceChildren(button);
    const numbers = rows.every((row) => value(row, k) === "" || !Number.isNaN(amount(value(row, k))));
    button.addEventListener("click", () => {
      const down = head.getAttribute("aria-sort") === "ascending";
      heads.forEach((other) => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      const order = (a, b) => {
        const x = value(a, k), y = value(b, k);
        if (x === "" || y === "") return (x === "") - (y === "");
        return (down ? -1 : 1) * (numbers ? amount(x) - amount(y) : x.localeCompare(y));
      };
      body.append(...[...rows].sort(order));
    });
  });
});
"""
