import Foundation
import Glibc

/// A terminal whose keys come one by one, and whose screen is ours until it is given back.
///
/// It is given back on every way out: at the end, on an error, on a signal that ends the program, on a crash, and while
/// the program is stopped.
struct Terminal: ~Copyable {
    /// What signal handlers need, which may touch nothing else.
    private enum Shared {
        /// What the terminal was before; taken once, and never given back.
        ///
        /// A global variable would not do: of an imported structure the compiler can lay out fewer bytes than C writes (57 of
        /// 60, as AddressSanitizer found).
        nonisolated(unsafe) static let saved = {
            let saved = UnsafeMutablePointer<termios>.allocate(capacity: 1)
            saved.initialize(to: termios())
            return saved
        }()
        nonisolated(unsafe) static var isRaw = false
        /// Whether the screen was given back for a stop, and is to be taken again.
        nonisolated(unsafe) static var wasStopped = false
        /// The writing end of the pipe on which handlers say that the screen has to be drawn anew.
        nonisolated(unsafe) static var wake: Int32 = -1
    }

    /// How large the screen is.
    struct Size: Hashable {
        var columns: Int
        var rows: Int
    }

    /// Something that came in.
    enum Input {
        case bytes([UInt8])
        /// The window has another size, or the program goes on after a stop.
        case redraw
        /// Nobody is there any more.
        case end
    }

    private let readEnd: Int32

    private static let enter = "\u{1B}[?1049h\u{1B}[?25l\u{1B}[2J"
    private static let leave: StaticString = "\u{1B}[0m\u{1B}[?25h\u{1B}[?1049l"
    private static let ending = [SIGINT, SIGTERM, SIGHUP, SIGQUIT]
    private static let crashes = [SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGTRAP]

    /// Takes the terminal.
    ///
    /// - Throws: ``BadInput`` if standard input is none.
    init() throws {
        guard tcgetattr(STDIN_FILENO, Shared.saved) == 0 else {
            throw BadInput("standard input is no terminal; `staleline learn --list` needs none")
        }
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else {
            throw BadInput("pipe: \(String(cString: strerror(errno)))")
        }
        for end in ends {
            _ = fcntl(end, F_SETFL, O_NONBLOCK)
            _ = fcntl(end, F_SETFD, FD_CLOEXEC)
        }
        readEnd = ends[0]
        Shared.wake = ends[1]
        Self.catchSignals()
        take()
    }

    deinit {
        Self.giveBack()
        for signal in Self.ending + Self.crashes + [SIGTSTP, SIGCONT, SIGWINCH] {
            Glibc.signal(signal, SIG_DFL)
        }
        close(readEnd)
        close(Shared.wake)
        Shared.wake = -1
    }

    /// Takes the screen and the keys, for the first time or again.
    func take() { Self.takeNow() }

    private static func takeNow() {
        var raw = Shared.saved.pointee
        // Signals stay: Ctrl-C ends, Ctrl-Z stops.
        raw.c_lflag &= ~tcflag_t(ICANON | ECHO | IEXTEN)
        raw.c_iflag &= ~tcflag_t(IXON | ICRNL)
        raw.c_cc.6 = 1
        raw.c_cc.5 = 0
        Shared.isRaw = true
        tcsetattr(STDIN_FILENO, TCSADRAIN, &raw)
        write(enter)
    }

    /// Gives screen and keys back, as for an editor.
    func giveBackForNow() { Self.giveBack() }

    /// Gives screen and keys back; for handlers of signals, too, so that it takes no memory.
    private static func giveBack() {
        guard Shared.isRaw else { return }
        Shared.isRaw = false
        _ = Glibc.write(STDOUT_FILENO, leave.utf8Start, leave.utf8CodeUnitCount)
        tcsetattr(STDIN_FILENO, TCSADRAIN, Shared.saved)
    }

    private static func catchSignals() {
        for signal in ending + crashes {
            Glibc.signal(signal) { number in
                Terminal.giveBack()
                Glibc.signal(number, SIG_DFL)
                raise(number)
            }
        }
        Glibc.signal(SIGTSTP) { _ in
            let wasRaw = Shared.isRaw
            Terminal.giveBack()
            raise(SIGSTOP)
            // Here it goes on. The screen is taken where memory may be, too.
            Shared.wasStopped = wasRaw
            Terminal.wakeUp()
        }
        Glibc.signal(SIGWINCH) { _ in Terminal.wakeUp() }
        // Whoever started the program may have left signals blocked, as threads of a pool do.
        var caught = sigset_t()
        sigemptyset(&caught)
        for signal in ending + crashes + [SIGTSTP, SIGCONT, SIGWINCH] {
            sigaddset(&caught, signal)
        }
        pthread_sigmask(SIG_UNBLOCK, &caught, nil)
    }

    private static func wakeUp() {
        var byte: UInt8 = 1
        _ = Glibc.write(Shared.wake, &byte, 1)
    }

    // MARK: In and out

    /// Waits for something to come in.
    ///
    /// - Parameter milliseconds: How long; nil: for ever.
    /// - Returns: nil if nothing came.
    func input(within milliseconds: Int32? = nil) -> Input? {
        while true {
            var sources = [
                pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0),
                pollfd(fd: readEnd, events: Int16(POLLIN), revents: 0),
            ]
            let count = poll(&sources, 2, milliseconds ?? -1)
            if count == 0 { return nil }
            if count < 0 {
                if errno == EINTR { continue }
                return .end
            }
            if sources[1].revents != 0 {
                var room = [UInt8](repeating: 0, count: 64)
                while read(readEnd, &room, room.count) > 0 {}
                if Shared.wasStopped {
                    Shared.wasStopped = false
                    Self.takeNow()
                }
                return .redraw
            }
            if sources[0].revents != 0 {
                var room = [UInt8](repeating: 0, count: 256)
                let got = read(STDIN_FILENO, &room, room.count)
                if got < 0, errno == EINTR || errno == EAGAIN { continue }
                return got <= 0 ? .end : .bytes(Array(room[..<got]))
            }
        }
    }

    /// The size of the window; 80 by 24 where the terminal does not say.
    var size: Size {
        var window = winsize()
        guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &window) == 0, window.ws_col > 0,
            window.ws_row > 0
        else { return Size(columns: 80, rows: 24) }
        return Size(columns: Int(window.ws_col), rows: Int(window.ws_row))
    }

    /// Writes all of a text at once.
    static func write(_ text: String) {
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes {
                Glibc.write(STDOUT_FILENO, $0.baseAddress, $0.count)
            }
            if count < 0 {
                if errno == EINTR || errno == EAGAIN { continue }
                return
            }
            bytes = bytes.dropFirst(count)
        }
    }
}
