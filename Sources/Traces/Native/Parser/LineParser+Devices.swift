import Operations
import Quantities

extension LineParser {
    /// `device NAME {OPTION}`, the options in any order.
    ///
    /// An option is `port PORT`, `reads PORT`, `coherent`, `noncoherent`, `regs ADDRESS SIZE`, `mask BITS`,
    /// `axcache N`, `axuser N`, `axdomain N`, `iommu`, `posted`, `max_seg_size BYTES` or `seg_boundary MASK`.
    mutating func deviceDeclaration() throws(NativeFault) -> Declaration {
        let token = lexer.token
        let name = try newName(.device)
        guard devices.count < Agent.maximumDevices else {
            throw fault(token, expected: "at most \(Agent.maximumDevices) devices")
        }
        var device = DeviceDeclaration(name: .none, agent: .device(devices.count))
        var sideband = SidebandWords()
        while lexer.token.kind != .end {
            try parseDeviceOption(into: &device, &sideband)
        }
        device.attributes = sideband.attributes(isCoherent: device.isCoherent)
        let registers = device.effectiveRegisters
        let size = registers.upperBound - registers.lowerBound + 1
        let entry = SymbolTable.Entry(
            name: name, kind: .device, address: registers.lowerBound, size: size)
        device.name = try add(entry)
        devices[device.name] = device.agent
        return .device(device)
    }

    private mutating func parseDeviceOption(
        into device: inout DeviceDeclaration, _ sideband: inout SidebandWords
    ) throws(NativeFault) {
        let token = lexer.token
        let option = try takeOne(
            of: Self.deviceOptions, "\(Self.deviceOptionWords) or the end of the line")
        switch option {
        case .port:
            try checkOption(device.port == nil, token)
            device.port = try takeShortText("the name of a port")
        case .readPort:
            try checkOption(device.readPort == nil, token)
            device.readPort = try takeShortText("the name of a port")
        case .coherency(let isCoherent):
            try checkOption(device.isCoherent == nil, token)
            device.isCoherent = isCoherent
        case .registers:
            try checkOption(device.registers == nil, token)
            let start = try address().address.rawValue
            let size = try size(from: start)
            device.registers = start...(start + size - 1)
        case .mask:
            try checkOption(device.maskBits == nil, token)
            device.maskBits = Int(try number("a number of address bits", in: 1...64))
        case .iommu:
            try checkOption(!device.hasIOMMU, token)
            device.hasIOMMU = true
        case .posted:
            try checkOption(!device.isPosted, token)
            device.isPosted = true
        case .cache:
            try checkOption(sideband.cache == nil, token)
            sideband.cache = try bits("AxCACHE bits", SidebandWords.most.cache)
        case .user:
            try checkOption(sideband.user == nil, token)
            sideband.user = try bits("AxUSER bits", SidebandWords.most.user)
        case .domain:
            try checkOption(sideband.domain == nil, token)
            sideband.domain = try bits("an AxDOMAIN", SidebandWords.most.domain)
        case .segmentSize:
            try checkOption(device.maximumSegmentSize == nil, token)
            device.maximumSegmentSize = UInt32(
                try number("a number of bytes", in: 1...UInt64(UInt32.max)))
        case .segmentBoundary:
            try checkOption(device.segmentBoundary == nil, token)
            let word = lexer.token
            let mask = try number(NativeRules.boundary)
            guard NativeRules.isBoundary(mask) else {
                throw fault(word, expected: NativeRules.boundary)
            }
            device.segmentBoundary = mask
        }
    }

    private func checkOption(_ isFirst: Bool, _ token: Token) throws(NativeFault) {
        guard isFirst else {
            throw fault(token, expected: "each option of a device at most once")
        }
    }

    /// A number of sideband bits.
    private mutating func bits(_ expected: String, _ most: UInt8) throws(NativeFault) -> UInt8 {
        UInt8(truncatingIfNeeded: try number(expected, in: 0...UInt64(most)))
    }

    private enum DeviceOption {
        case port
        case readPort
        case coherency(Bool)
        case registers
        case mask
        case iommu
        case posted
        case cache
        case user
        case domain
        case segmentSize
        case segmentBoundary
    }

    private static let deviceOptions: [(StaticString, DeviceOption)] = [
        ("port", .port), ("reads", .readPort), ("coherent", .coherency(true)),
        ("noncoherent", .coherency(false)),
        ("regs", .registers), ("mask", .mask), ("axcache", .cache), ("axuser", .user),
        ("axdomain", .domain), ("iommu", .iommu), ("posted", .posted),
        ("max_seg_size", .segmentSize), ("seg_boundary", .segmentBoundary),
    ]

    private static let deviceOptionWords =
        deviceOptions.map { "'\($0.0)'" }.joined(separator: ", ")
}
