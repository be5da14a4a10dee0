// Files that are dropped: each is sent by itself, with how far it is.

const form = document.querySelector("[data-add]");
const drop = form?.querySelector("[data-drop]");
const input = form?.querySelector("input[type=file]");
const whole = form?.querySelector("[data-whole]");
const bar = whole?.querySelector("progress");
const status = whole?.querySelector("[data-status]");
const list = document.querySelector("[data-fresh-files]");
const done = document.querySelector("[data-done]");
const queue = [];
const stand = { files: 0, bytes: 0, ended: 0, sent: 0, bad: 0, busy: false };

/** Lists files to be sent, and begins. */
function add(files) {
	for (const file of files) {
		const row = waiting(file);
		list.append(row);
		queue.push({ file, row });
		stand.files += 1;
		stand.bytes += file.size;
	}
	done.hidden = false;
	whole.hidden = false;
	tell(0);
	next();
}

/** A file that waits, with its own bar. */
function waiting(file) {
	const row = document.createElement("li");
	row.className = "add-row sending";
	const name = Object.assign(document.createElement("b"), { textContent: file.name, dir: "auto" });
	const size = Object.assign(document.createElement("span"), { className: "soft", textContent: ` ${Math.ceil(file.size / 1024).toLocaleString("en")} KB` });
	const line = document.createElement("p");
	line.append(name, size);
	const what = Object.assign(document.createElement("div"), { className: "what" });
	what.append(line, Object.assign(document.createElement("progress"), { max: 1, value: 0, ariaLabel: file.name }));
	row.append(Object.assign(document.createElement("div"), { className: "face" }), what);
	return row;
}

async function next() {
	if (stand.busy) return;
	stand.busy = true;
	while (queue.length) await send(queue.shift());
	stand.busy = false;
	stand.files = stand.bytes = stand.ended = stand.sent = stand.bad = 0;
}

/** Sends one file and puts what came of it in the place of its row. */
async function send(job) {
	const own = job.row.querySelector("progress");
	const asked = new URLSearchParams(new FormData(form));
	asked.delete("file");
	asked.set("name", job.file.name);
	try {
		const html = await upload(`/library/add/file?${asked}`, job.file, (sent) => {
			own.value = job.file.size ? sent / job.file.size : 1;
			if (own.value === 1) own.removeAttribute("value"); // the engine looks at it
			tell(sent);
		});
		const row = rowOf(html);
		for (const old of document.querySelectorAll("li[data-digest]")) if (row.dataset.digest && old.dataset.digest === row.dataset.digest) old.remove();
		job.row.replaceWith(row);
	} catch (error) {
		stand.bad += 1;
		fail(job, error.message);
	}
	stand.ended += 1;
	stand.sent += job.file.size;
	tell(0);
}

function rowOf(html) {
	const page = new DOMParser().parseFromString(html, "text/html");
	return document.adoptNode(page.querySelector("li"));
}

/** What could not be sent says why, and can be sent again. */
function fail(job, why) {
	const again = Object.assign(document.createElement("button"), { type: "button", className: "button", textContent: "Send it again" });
	const line = Object.assign(document.createElement("p"), { className: "wrong-text", textContent: why });
	const row = waiting(job.file);
	row.classList.replace("sending", "bad");
	row.querySelector("progress").replaceWith(line, again);
	again.addEventListener("click", () => {
		const fresh = waiting(job.file);
		row.replaceWith(fresh);
		queue.push({ file: job.file, row: fresh });
		stand.files += 1;
		stand.bytes += job.file.size;
		next();
	});
	job.row.replaceWith(row);
}

/** XMLHttpRequest, because fetch does not say how much of a body was sent. */
function upload(url, body, progress) {
	return new Promise((resolve, reject) => {
		const request = new XMLHttpRequest();
		request.open("POST", url);
		request.setRequestHeader("Accept", "application/json");
		request.setRequestHeader("Content-Type", "application/octet-stream");
		request.upload.addEventListener("progress", (event) => progress(event.loaded));
		request.addEventListener("load", () => (request.status === 200 ? resolve(request.responseText) : reject(new Error(problem(request)))));
		request.addEventListener("error", () => reject(new Error("The engine cannot be reached, or the connection broke.")));
		request.send(body);
	});
}

function problem(request) {
	try {
		const said = JSON.parse(request.responseText);
		return [said.detail || said.title, said.fix].filter(Boolean).join(" ");
	} catch {
		return `The engine answered ${request.status}.`;
	}
}

function tell(sent) {
	bar.value = stand.bytes ? (stand.sent + sent) / stand.bytes : 1;
	const left = stand.files - stand.ended;
	status.textContent = left ? `${stand.ended} of ${stand.files} files are in` : `${stand.ended - stand.bad} of ${stand.files} files were looked at${stand.bad ? `, ${stand.bad} could not be sent` : ""}. What was kept is in your draft.`;
}

if (form) {
	input.required = false;
	input.addEventListener("change", () => {
		add(input.files);
		input.value = "";
	});
	form.addEventListener("submit", (event) => event.preventDefault());
	for (const type of ["dragenter", "dragover"]) {
		document.addEventListener(type, (event) => {
			if (!event.dataTransfer?.types.includes("Files")) return;
			event.preventDefault();
			drop.classList.add("over");
		});
	}
	document.addEventListener("dragleave", (event) => event.relatedTarget || drop.classList.remove("over"));
	document.addEventListener("drop", (event) => {
		if (!event.dataTransfer?.files.length) return;
		event.preventDefault();
		drop.classList.remove("over");
		add(event.dataTransfer.files);
	});
	document.addEventListener("click", async (event) => {
		const both = event.target.closest("[data-both]");
		if (!both) return;
		event.preventDefault();
		const url = new URL(both.formAction);
		const answer = await fetch(url.pathname, { method: "POST", headers: { Accept: "application/json" }, body: url.searchParams }).catch(() => null);
		if (answer?.ok) both.closest("li").replaceWith(rowOf(await answer.text()));
		else both.after(Object.assign(document.createElement("span"), { className: "wrong-text", textContent: " That did not work. Try again." }));
	});
	addEventListener("beforeunload", (event) => stand.busy && event.preventDefault());
}
