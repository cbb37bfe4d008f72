import Operations
import Quantities

extension LineParser {
    /// `env evict|fill|drain|hold|late|leave|join|pause|resume …`.
    mutating func parseEnvironment() throws(NativeFault) {
        let kind = try takeOne(
            of: Vocabulary.environment,
            "evict, fill, drain, hold, late, leave, join, pause or resume")
        switch kind {
        case .evict, .fill: try parseLineEvent(kind)
        case .drain: try parseDrain()
        case .pause:
            let core = try core("core0 to core7")
            let count = isNumberNext ? try size() : 1
            try appendEvent(EnvironmentEvent(.pause, bytes: count, in: .core(core)))
        case .hold, .leave, .join, .resume:
            let core = try core("core0 to core7")
            try appendEvent(EnvironmentEvent(kind, in: .core(core)))
        case .late:
            let core = try core("core0 to core7")
            let start = try address()
            let bytes = try size(from: start.address.rawValue)
            try appendEvent(EnvironmentEvent(.late, at: start, bytes: bytes, in: .core(core)))
        }
    }

    /// `ADDRESS [BYTES] [coreN|l2]`.
    private mutating func parseLineEvent(_ kind: EnvironmentEvent.Kind) throws(NativeFault) {
        let start = try address()
        let hasBytes = isNumberNext
        let bytes = hasBytes ? try size(from: start.address.rawValue) : 0
        var target = EnvironmentEvent.Target.everywhere
        if take("l2") {
            target = .level2
        } else if lexer.token.kind == .word, NativeName.isCore(text(lexer.token)) {
            target = .core(try core("core0 to core7, 'l2' or the end of the line"))
        }
        let options = hasBytes ? "core0 to core7, 'l2', " : "a size, core0 to core7, 'l2', "
        try appendEvent(
            EnvironmentEvent(kind, at: start, bytes: bytes, in: target),
            options: target == .everywhere ? options : "")
    }

    /// `coreN [ADDRESS BYTES]`.
    private mutating func parseDrain() throws(NativeFault) {
        let core = try core("core0 to core7")
        guard lexer.token.kind == .word else {
            return try appendEvent(
                EnvironmentEvent(.drain, in: .core(core)), options: "an address, ")
        }
        let start = try address()
        let bytes = try size(from: start.address.rawValue)
        try appendEvent(EnvironmentEvent(.drain, at: start, bytes: bytes, in: .core(core)))
    }

    /// The number of a core that must come next.
    private mutating func core(_ expected: String) throws(NativeFault) -> Int {
        let token = lexer.token
        let bytes = text(token)
        guard token.kind == .word, bytes.count == 5, NativeName.isCore(bytes),
            Int(bytes[4] &- UInt8(ascii: "0")) < Agent.maximumCores
        else { throw fault(token, expected: expected) }
        lexer.advance()
        return Int(bytes[4] &- UInt8(ascii: "0"))
    }

    /// Adds an event.
    ///
    /// Nobody performs it; its agent is core 0 and means nothing.
    private mutating func appendEvent(
        _ event: EnvironmentEvent, options: String = ""
    ) throws(NativeFault) {
        try append(.environment(event), by: .core(0), options: options)
    }
}
