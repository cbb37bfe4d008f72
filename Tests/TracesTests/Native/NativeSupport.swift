import Operations
import Quantities

@testable import Traces

/// The declarations that the tests' statements use.
let nativePreamble = """
    staleline 1
    device eth0 port HP0 noncoherent
    buffer rx 0x1000 2048
    buffer tx 0x2000 2K
    region bounce 0x10000 64K nc
    alias view bounce 0x90000 nc

    """

/// The names of ``nativePreamble`` in order.
enum PreambleName {
    static let eth0 = SymbolID(rawValue: 1)
    static let rx = SymbolID(rawValue: 2)
    static let tx = SymbolID(rawValue: 3)
    static let bounce = SymbolID(rawValue: 4)
    static let view = SymbolID(rawValue: 5)
    static let next = SymbolID(rawValue: 6)
}

/// Reads text.
func parseNative(_ text: String) throws -> Program {
    try NativeParser.parse(Array(text.utf8), file: "t.slt")
}

/// The faults of a text, one description each.
func nativeFaults(_ text: String) -> [String] {
    do throws(TraceErrors) {
        _ = try NativeParser.parse(Array(text.utf8), file: "t.slt")
        return []
    } catch {
        return error.errors.map(\.description)
    }
}

/// The faults of one statement after ``nativePreamble``, without the file's name and line.
func faultsAfterPreamble(_ statement: String) -> [String] {
    nativeFaults(nativePreamble + statement + "\n").map { fault in
        fault.hasPrefix("t.slt:7:") ? String(fault.dropFirst(8)) : fault
    }
}

/// What the last of some statements after ``nativePreamble`` says.
func nativeBody(_ statements: String) throws -> Statement.Body? {
    try parseNative(nativePreamble + statements + "\n").statements.last?.body
}

/// The operation of the last of some statements after ``nativePreamble``.
func nativeOperation(_ statements: String) throws -> Operation? {
    guard case .operation(_, let operation)? = try nativeBody(statements) else { return nil }
    return operation
}

/// The last line of the canonical text of some statements after ``nativePreamble``.
func nativeCanonicalLine(_ statements: String) throws -> String? {
    let text = try NativeWriter.text(try parseNative(nativePreamble + statements + "\n"))
    return text.split(separator: "\n").last.map(String.init)
}
