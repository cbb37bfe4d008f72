import Operations
import Quantities

@testable import DMAMapping

/// A kernel with dma-debug, one device and calls by hand.
struct DebugKernel {
    var debug: DMADebug
    private var record = 0
    static let rx: UInt64 = 0x1000_0000

    init(
        _ version: String, isArm64: Bool = true, maximumSegmentSize: UInt32? = nil,
        area: MemoryArea? = nil, checksSegments: Bool = true, bounces: Bool = false
    ) throws {
        var program = Program()
        let entry = SymbolTable.Entry(
            name: "eth0", kind: .device, address: 0xF000_0000, size: 4_096)
        var device = DeviceDeclaration(
            name: program.symbols.add(entry) ?? .none, agent: .device(0))
        device.maximumSegmentSize = maximumSegmentSize
        program.statements.append(Statement(.declaration(.device(device)), line: 2))
        if let area {
            let buffer = program.symbols.add(
                SymbolTable.Entry(name: "b", kind: .buffer, address: Self.rx, size: 4_096))
            program.statements.append(
                Statement(
                    .declaration(
                        .buffer(buffer ?? .none, address: Self.rx, size: 4_096, area)), line: 3))
        }
        var settings = DMADebug.Settings(
            try KernelVersion(parsing: version), isArm64: isArm64, lineSize: 64)
        settings.checksSegments = checksSegments
        settings.bouncesSmallBuffers = bounces
        debug = DMADebug(settings, for: program)
    }

    /// The checks raised so far, each as often as it was.
    var checks: [String] {
        debug.reports.flatMap { report in
            Array(repeating: report.check?.name ?? "W1", count: report.count)
        }
    }

    var messages: [String] { debug.reports.map(\.message) }

    mutating func perform(_ call: DMACall) {
        record += 1
        debug.perform(.dma(call), record: record)
    }

    mutating func map(
        _ handle: UInt32, at start: UInt64 = rx, _ size: UInt64 = 64,
        _ direction: DMADirection = .fromDevice, _ function: DMACall.Function = .mapSingle,
        attributes: DMAAttributes = [], fails: Bool = false, isChecked: Bool = true
    ) {
        var call = Build.map(
            start, size, direction, function, attributes: attributes,
            handle: HandleID(rawValue: handle))
        call.fails = fails
        perform(call)
        if isChecked { perform(DMACall(.mappingError, handle: HandleID(rawValue: handle))) }
    }

    mutating func unmap(_ handle: UInt32, _ function: DMACall.Function = .unmapSingle) {
        perform(DMACall(function, handle: HandleID(rawValue: handle)))
    }

    mutating func sync(
        _ handle: UInt32, _ offset: UInt64 = 0, _ size: UInt64? = nil,
        _ function: DMACall.Function = .syncSingleForCPU
    ) {
        perform(
            DMACall(
                function, handle: HandleID(rawValue: handle), offset: offset, size: size))
    }
}
