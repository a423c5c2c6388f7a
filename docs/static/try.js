// The program of docs/try.md in Pyodide: Python as WebAssembly in this page. The only requests are those for packages.
const PYODIDE = "https://cdn.jsdelivr.net/pyodide/v314.0.7/full/";
const PACKAGES = ["numpy", "sympy", "lazy-loader", "platformdirs", "micropip"];
const FLINT = "python-flint==0.9.0"; // its wheel for browsers is on PyPI

const [program, button, output] = ["program", "run", "output"].map((name) => document.getElementById(`try-${name}`));
let python = null;

async function start() {
  output.textContent = "fetching Python, SymPy and FLINT (some 30 MB, the first time only) …\n";
  const { loadPyodide } = await import(PYODIDE + "pyodide.mjs");
  const py = await loadPyodide({ indexURL: PYODIDE });
  await py.loadPackage(PACKAGES, { messageCallback: () => {} });
  await py.pyimport("micropip").install(FLINT);
  const archive = await fetch(new URL("chentsov.zip", import.meta.url));
  py.unpackArchive(await archive.arrayBuffer(), "zip", { extractDir: "/chentsov" });
  py.runPython("import sys; sys.path.insert(0, '/chentsov')");
  py.setStdout({ batched: (line) => (output.textContent += line + "\n") });
  return py;
}

button.addEventListener("click", async () => {
  button.disabled = true;
  try {
    python ??= await start();
    output.textContent = "";
    await new Promise((drawn) => setTimeout(drawn, 30));
    const value = await python.runPythonAsync(program.value);
    if (value !== undefined) output.textContent += `${value}\n`;
  } catch (error) {
    output.textContent += String(error.message ?? error).trim().split("\n").at(-1) + "\n";
  }
  button.disabled = false;
});
