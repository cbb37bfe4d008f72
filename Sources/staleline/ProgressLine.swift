import Glibc

/// How far a long command is, in one line of standard error that is written over; only on a terminal.
final class ProgressLine {
    private let unit: String
    private let isShown = isatty(STDERR_FILENO) == 1
    private var last = -1

    /// Makes a line that counts `unit`.
    init(unit: String) { self.unit = unit }

    /// Shows how many of all are done, if that is another percentage than before.
    func show(_ done: Int, of all: Int) {
        guard isShown, all > 0, done * 100 / all != last else { return }
        last = done * 100 / all
        Diagnostics.write("\r\(done) of \(all) \(unit)")
    }

    /// Takes the line away.
    func clear() {
        guard isShown, last >= 0 else { return }
        Diagnostics.write("\r\u{1B}[K")
    }
}
