import ArgumentParser
import DMAMapping
import Experiments
import Hazards
import Operations
import Quantities
import Reports

/// `staleline explain`.
struct ExplainCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract:
            "A hazard's page, or what a call of the DMA API or of a bare-metal library does and costs on a machine.",
        discussion: """
            explain H08             what, why, the shortest trace, the mend
            explain E13             a check of the kernel's dma-debug: texts, when, gaps
            explain dma_map_single  the operations of the call, each with its cycles
            explain writel          the same of a barrier or a register access
            explain SCB_CleanDCache_by_Addr
                                    the same of a cache function of CMSIS, Xilinx,
                                    U-Boot, Zephyr or NuttX

            Exit status: 0 done, 2 bad input.
            """)

    @Argument(
        help:
            "A code as H08, a check of dma-debug as E13, a call as dma_map_single or SCB_CleanDCache, a barrier as wmb, an accessor as writel; none: the list of codes."
    )
    var name: String?
    @OptionGroup var call: CallOptions
    @Flag(help: "Print JSON (schema staleline.explain/1; of a call: staleline.call/1).") var json =
        false

    func run() throws {
        guard let name else {
            try call.refuse(for: "the list of codes")
            Output.write(json ? HazardReport.listJSON.text + "\n" : HazardReport.list)
            return
        }
        if let code = HazardCode(rawValue: name.uppercased()) {
            try call.refuse(for: "the page of a hazard")
            let page = HazardCatalogue.page(code)
            Output.write(json ? HazardReport.json(page).text + "\n" : HazardReport.text(page))
            return
        }
        if let page = DMADebugPage.page(name) {
            try call.refuse(for: "the page of a check")
            Output.write(
                json ? DMADebugPageReport.json(page).text + "\n" : DMADebugPageReport.text(page))
            return
        }
        guard CallCost.names.contains(name) else {
            throw BadInput(UnknownTopic.text(of: name, calls: CallCost.names))
        }
        let report = CallCostReport(try call.cost(of: name))
        Output.write(json ? report.json.text + "\n" : report.text)
    }
}

/// The circumstances of a call.
struct CallOptions: ParsableArguments {
    @Option(
        help: "Of a call: the machine's name or file. Default: zynq7000; of CMSIS: stm32h743.")
    var machine: String?
    @Option(name: .customLong("set"), help: "Override a machine key, as l2.size=256K. May repeat.")
    var overrides: [String] = []
    @Option(help: "Of a call: the kernel. Default: 6.12; of a library's: none.")
    var kernel: String?
    @Option(help: "Of a call: TO_DEVICE, FROM_DEVICE or BIDIRECTIONAL. Default: TO_DEVICE.")
    var direction: String?
    @Option(help: "Of a call: the buffer's size in bytes. Default: 4096.")
    var size: UInt64?
    @Option(help: "Of a call: the buffer's offset in its first page. Default: 0.")
    var offset: UInt64?
    @Option(
        help:
            "What the caches hold of the buffer before: absent, clean, dirty. Default: dirty before the device has it, clean after."
    )
    var lines: String?
    @Option(help: "Of a library's call: the library's version, as 5.4. Default: the newest known.")
    var libraryVersion: String?
    @Flag(help: "Of a call: the kernel believes the device to be coherent.") var coherent = false
    @Flag(help: "Of a call: the mapping has a bounce slot (swiotlb).") var bounced = false

    /// Throws if anything is given to what takes none of it.
    func refuse(for what: String) throws {
        let isBare =
            machine == nil && overrides.isEmpty && kernel == nil && direction == nil && size == nil
            && offset == nil && lines == nil && libraryVersion == nil && !coherent && !bounced
        guard isBare else {
            throw ValidationError("\(what) takes no options of a call")
        }
    }

    /// What a call costs under these circumstances.
    func cost(of name: String) throws -> CallCost {
        var machine = MachineOptions()
        let function = VendorCall.Function(rawValue: name)
        let usual = function?.library == .cmsis ? "stm32h743" : "zynq7000"
        machine.machine = self.machine ?? usual
        machine.overrides = overrides
        machine.kernel = kernel ?? (function == nil ? "6.12" : "none")
        var question = CallCost.Question(name, isCoherent: coherent)
        question.isBounced = bounced
        guard function == nil || (direction == nil && !coherent && !bounced) else {
            throw ValidationError("\(name) takes no --direction, --coherent and --bounced")
        }
        if let libraryVersion {
            guard function != nil else {
                throw ValidationError("\(name) is of no library: --kernel says its version")
            }
            guard let version = LibraryVersion(parsing: libraryVersion) else {
                throw BadInput(
                    "--library-version \(libraryVersion): expected a version such as 5.4 or 2016.09"
                )
            }
            question.version = version
        }
        if let direction {
            guard let known = DMADirection(name: Substring(direction)), known != .none else {
                throw BadInput(
                    "--direction \(direction): expected TO_DEVICE, FROM_DEVICE or BIDIRECTIONAL")
            }
            question.direction = known
        }
        if let size {
            guard 1...CallCost.sizeLimit ~= size else {
                throw BadInput("--size \(size): expected 1 to \(CallCost.sizeLimit) bytes")
            }
            question.size = size
        }
        if let offset {
            guard offset < Lowering.pageSize else {
                throw BadInput("--offset \(offset): expected 0 to \(Lowering.pageSize - 1) bytes")
            }
            question.offset = offset
        }
        if let lines {
            guard let state = CallCost.LineState(rawValue: lines) else {
                throw BadInput("--lines \(lines): expected absent, clean or dirty")
            }
            question.state = state
        }
        return try CallCost(
            question, machine: machine.description(declared: nil).configuration,
            kernel: try machine.era() ?? .bareMetal)
    }
}
