"use strict";
(() => {
  const $ = (id) => document.getElementById(id);
  const make = (tag, text, attributes = {}) => {
    const element = document.createElement(tag);
    if (text !== undefined) element.textContent = text;
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    return element;
  };
  const drawing = (tag, attributes, text) => {
    const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    if (text !== undefined) element.textContent = text;
    return element;
  };
  const short = (value) => Number(value.toPrecision(4)).toString();

  // The events of a training or a study; the connection ends when that is complete.
  const follow = (address, show) => {
    const source = new EventSource(address);
    source.onmessage = (event) => {
      const snapshot = JSON.parse(event.data);
      show(snapshot);
      if (snapshot.done) source.close();
    };
  };

  const scale = (values, from, to) => {
    const low = Math.min(...values), high = Math.max(...values);
    return { low, high, at: (value) => from + ((value - low) / (high - low || 1)) * (to - from) };
  };

  const curves = (svg, rows, key, name) => {
    svg.replaceChildren();
    const points = rows.filter((row) => Number.isFinite(row[key]));
    if (!points.length) { svg.append(drawing("text", { x: 20, y: 100 }, "no figure yet")); return; }
    const y = scale(points.map((row) => row[key]), 180, 12);
    const last = {};
    const phases = [...new Set(points.map((row) => row.phase))];
    const most = Math.max(2, ...points.map((row) => row.epoch));
    for (const value of [y.low, y.high]) {
      svg.append(drawing("line", { class: "grid", x1: 46, x2: 350, y1: y.at(value), y2: y.at(value) }));
      svg.append(drawing("text", { x: 2, y: y.at(value) + 4 }, short(value)));
    }
    for (const phase of phases) {
      const own = points.filter((row) => row.phase === phase);
      const path = own.map((row) => `${46 + (304 * (row.epoch - 1)) / (most - 1)},${y.at(row[key]).toFixed(1)}`);
      svg.append(drawing("polyline", { class: `line ${phase}`, points: path.join(" ") }));
      last[phase] = own[own.length - 1];
    }
    svg.setAttribute("aria-label", `${name} by epoch; ` + phases.map((p) => `${p} epoch ${last[p].epoch}: ${short(last[p][key])}`).join(", "));
    phases.forEach((phase, place) => svg.append(drawing("text", { class: `of ${phase}`, x: 52 + 60 * place, y: 197 }, phase)));
  };

  const training = $("training");
  if (training) follow(training.dataset.events, (snapshot) => {
    const rows = snapshot.rows, last = rows[rows.length - 1];
    const of = last && snapshot.epochs[last.phase];
    $("epochs").textContent = (snapshot.done ? "Complete: " : "Training: ") +
      (last ? `${last.phase} epoch ${last.epoch}${of ? ` of at most ${of}` : ""}` : "no epoch yet");
    curves($("loss"), rows, "val_loss", "Loss");
    curves($("accuracy"), rows, "val_accuracy", "Accuracy");
  });

  const study = $("study");
  if (study) {
    let latest;
    const show = () => {
      const svg = $("front"), name = $("metric").value, xs = latest.values[name] ?? [], ys = latest.values.accuracy ?? latest.values.loss ?? [];
      svg.replaceChildren();
      const there = xs.map((x, n) => [x, ys[n], n]).filter(([x, y]) => Number.isFinite(x) && Number.isFinite(y));
      if (!there.length) return;
      const sx = scale(there.map((p) => p[0]), 50, 350), sy = scale(there.map((p) => p[1]), 215, 12);
      for (const value of [sy.low, sy.high]) svg.append(drawing("text", { x: 2, y: sy.at(value) + 4 }, short(value)));
      for (const value of [sx.low, sx.high]) svg.append(drawing("text", { x: sx.at(value) - 20, y: 235 }, short(value)));
      for (const [x, y, n] of there)
        svg.append(drawing("circle", { class: latest.front.includes(n) ? "spot best" : "spot", cx: sx.at(x), cy: sy.at(y), r: latest.front.includes(n) ? 5 : 3 }));
      svg.setAttribute("aria-label", `${there.length} trials against ${name}, ${latest.front.length} on the front`);
    };
    $("metric").addEventListener("change", show);
    follow(study.dataset.events, (snapshot) => {
      latest = snapshot;
      $("trials").textContent = `${snapshot.trials} of ${snapshot.of} trials; ${snapshot.front.length} on the front`;
      const chosen = $("metric").value, names = Object.keys(snapshot.values);
      $("metric").replaceChildren(...names.map((name) => make("option", name, { value: name })));
      $("metric").value = names.includes(chosen) ? chosen : names.find((name) => name !== "accuracy" && name !== "loss") ?? "";
      show();
    });
  }

  const probe = $("probe");
  if (!probe) return;
  const result = $("result"), line = $("line");
  let needs, ink;

  const fetched = async (path, body) => {
    const options = body === undefined ? {} : { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
    const answer = await fetch(probe.dataset.run + path, options);
    const document = await answer.json();
    if (!answer.ok) throw new Error(document.error + (document.hint ? ` (${document.hint})` : ""));
    return document;
  };
  const wrong = (error) => result.replaceChildren(make("p", error.message, { class: "wrong" }));

  const outputs = (found) => {
    const table = make("table", undefined, { "aria-label": "Outputs" });
    const head = table.createTHead().insertRow();
    for (const title of ["Output", "float", "fixed point"]) head.append(make("th", title, { scope: "col", class: title === "Output" ? "" : "num" }));
    const body = table.createTBody();
    found.fixed.forEach((value, place) => {
      const row = body.insertRow();
      row.append(make("th", found.classes[place] && found.fixed.length === found.classes.length ? found.classes[place] : String(place), { scope: "row" }));
      row.append(make("td", found.float ? short(found.float[place]) : "–", { class: "num" }), make("td", short(value), { class: "num" }));
    });
    return table;
  };
  const value = (row) => {
    const fold = make("details", undefined, { class: "value" });
    const title = make("summary");
    title.append(make("b", row.name), document.createTextNode(` ${row.kind}, ${row.shape.join(" x ") || "scalar"} `), make("code", row.type));
    if (row.ends) title.append(document.createTextNode(`, ${row.ends} at an end of the type`));
    const codes = make("div", row.codes.join(" ") + (row.left ? ` … and ${row.left} more` : ""), { class: "codes", tabindex: "0", role: "group", "aria-label": `Integers of ${row.name}` });
    fold.append(title, codes);
    return fold;
  };
  const show = (found) => {
    const says = make("p", undefined, { class: "says" });
    if (found.says) says.append(document.createTextNode("fixed point says "), make("b", found.says));
    if (found.float_says) says.append(document.createTextNode(", float says "), make("b", found.float_says));
    const notes = found.float ? [] : [make("p", `No float model: ${found.no_float}`, { class: "quiet" })];
    result.replaceChildren(says, ...notes, outputs(found), make("h3", "Every value, as integers"), ...found.values.map(value));
  };
  const evaluate = async (row) => {
    try { show(await fetched("/evaluate", { row })); } catch (error) { wrong(error); }
  };

  const canvas = $("canvas"), pen = { x: 140, y: 140 };
  const drawn = () => {
    // The mean of the strokes in every pixel of a sample, between the data's least and largest value.
    const [height, width] = needs.shape, cell = canvas.getContext("2d").getImageData(0, 0, 280, 280).data;
    const values = [];
    for (let row = 0; row < height; row++) for (let column = 0; column < width; column++) {
      let sum = 0, count = 0;
      for (let y = Math.floor((row * 280) / height); y < Math.floor(((row + 1) * 280) / height); y++)
        for (let x = Math.floor((column * 280) / width); x < Math.floor(((column + 1) * 280) / width); x++) { sum += cell[4 * (280 * y + x)]; count++; }
      values.push(Math.round(1000 * (needs.low + ((needs.high - needs.low) * sum) / (255 * (count || 1)))) / 1000);
    }
    line.value = values.join(",");
    evaluate(values);
  };
  const stroke = (x, y) => {
    const context = canvas.getContext("2d");
    context.fillStyle = "#fff";
    context.beginPath();
    context.arc(x, y, 13, 0, 7);
    context.fill();
  };
  const clear = () => { const context = canvas.getContext("2d"); context.fillStyle = "#000"; context.fillRect(0, 0, 280, 280); };
  const paint = (values) => {
    const [height, width] = needs.shape, context = canvas.getContext("2d");
    clear();
    values.forEach((value, place) => {
      const grey = Math.round((255 * (value - needs.low)) / (needs.high - needs.low || 1));
      context.fillStyle = `rgb(${grey},${grey},${grey})`;
      context.fillRect(((place % width) * 280) / width, (Math.floor(place / width) * 280) / height, 280 / width + 1, 280 / height + 1);
    });
  };
  canvas.addEventListener("pointerdown", (event) => { ink = true; canvas.setPointerCapture(event.pointerId); move(event); });
  const move = (event) => {
    if (!ink) return;
    const box = canvas.getBoundingClientRect();
    stroke(((event.clientX - box.left) * 280) / box.width, ((event.clientY - box.top) * 280) / box.height);
  };
  canvas.addEventListener("pointermove", move);
  canvas.addEventListener("pointerup", () => { ink = false; drawn(); });
  canvas.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: [-12, 0], ArrowRight: [12, 0], ArrowUp: [0, -12], ArrowDown: [0, 12] }[event.key];
    if (step) {
      pen.x = Math.max(0, Math.min(279, pen.x + step[0])); pen.y = Math.max(0, Math.min(279, pen.y + step[1]));
      if (event.shiftKey) { stroke(pen.x, pen.y); drawn(); }
    } else if (event.key === " ") { stroke(pen.x, pen.y); drawn(); }
    else if (event.key === "Delete") clear();
    else return;
    event.preventDefault();
  });
  $("clear").addEventListener("click", () => { clear(); result.replaceChildren(); });
  $("row").addEventListener("submit", (event) => { event.preventDefault(); evaluate(line.value); });
  $("load").addEventListener("click", async () => {
    try {
      const sample = await fetched(`/samples/${$("number").value}`);
      line.value = sample.values.join(",");
      if (needs.picture) paint(sample.values);
      await evaluate(line.value);
      if (sample.truth) result.prepend(make("p", `Test sample ${$("number").value} is ${sample.truth}.`));
    } catch (error) { wrong(error); }
  });
  for (const name of ["dragover", "drop"]) line.addEventListener(name, (event) => event.preventDefault());
  line.addEventListener("drop", async (event) => {
    const file = event.dataTransfer.files[0];
    line.value = (file ? (await file.slice(0, 4e6).text()) : event.dataTransfer.getData("text")).trim().split("\n").pop();
    evaluate(line.value);
  });
  fetched("/input").then((found) => {
    needs = found;
    $("needs").textContent = `${found.features} numbers from ${short(found.low)} to ${short(found.high)}` + (found.names.length ? `: ${found.names.join(", ")}` : "") +
      (found.picture ? `; or draw it, ${found.shape[0]} x ${found.shape[1]}` : "") + `; ${found.samples} test samples`;
    probe.querySelector(".take").hidden = false;
    $("draw").hidden = !found.picture;
    $("number").max = found.samples - 1;
    clear();
  }).catch((error) => { $("needs").textContent = error.message; });
})();
