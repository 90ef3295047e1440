# A kernel for tests of boot loaders: it says on the first serial line how it was started, and resets the machine. It is
# loaded by the protocol of Linux (Documentation/arch/x86/boot.rst), so a loader takes it for one, in a second instead of ten.
# as --32 -o echo-kernel.o echo-kernel.s && ld -m elf_i386 --oformat binary -Ttext 0 -o echo-kernel echo-kernel.o

    .equ loaded, 0x100000           # where the protocol has the protected-mode part
    .equ port, 0x3f8
    .equ boot_params_image, 0x218
    .equ boot_params_image_size, 0x21c
    .equ boot_params_command_line, 0x228

    .code32
    .text
    .globl _start
_start:
    .org 0x1f1
    .byte 1                         # setup_sects: one besides the first
    .word 0
    .long (end - protected + 15) / 16
    .word 0
    .word 0
    .word 0
    .word 0xaa55
    .org 0x200
    .byte 0xeb, 0x66                # what a real-mode loader would jump over
    .ascii "HdrS"
    .word 0x0206                    # the version that has cmdline_size
    .long 0
    .word 0
    .word 0
    .byte 0                         # type_of_loader: set by the loader
    .byte 1                         # loadflags: LOADED_HIGH
    .word 0
    .long loaded
    .long 0                         # ramdisk_image and its size: set by the loader
    .long 0
    .long 0
    .word 0
    .word 0
    .long 0                         # cmd_line_ptr: set by the loader
    .long 0x37ffffff                # initrd_addr_max
    .long 0x100000                  # kernel_alignment
    .byte 0                         # relocatable_kernel
    .byte 0
    .word 0
    .long 2047                      # cmdline_size

    .org 0x400
# Entered with esi on the boot parameters, interrupts off, flat segments.
protected:
    movl $(loaded + 0x10000), %esp
    movl %esi, %ebp
    movl $(loaded + started - protected), %esi
    call say
    movl boot_params_command_line(%ebp), %esi
    call say
    movl $(loaded + image - protected), %esi
    call say
    movl boot_params_image(%ebp), %esi
    movl boot_params_image_size(%ebp), %ecx
    jecxz finish
next_of_image:
    lodsb
    testb %al, %al                  # the loader fills up each file
    jz no_character
    call put
no_character:
    loop next_of_image
finish:
    movl $(loaded + finished - protected), %esi
    call say
wait_empty:
    movw $(port + 5), %dx
    inb %dx, %al
    testb $0x40, %al
    jz wait_empty
    movw $0xcf9, %dx                # the reset control register of PC chipsets
    movb $6, %al
    outb %al, %dx
halted:
    hlt
    jmp halted

say:
    lodsb
    testb %al, %al
    jz said
    call put
    jmp say
said:
    ret

put:
    movb %al, %ah
put_wait:
    movw $(port + 5), %dx
    inb %dx, %al
    testb $0x20, %al
    jz put_wait
    movb %ah, %al
    movw $port, %dx
    outb %al, %dx
    ret

started:
    .asciz "\r\nSTARTED "
image:
    .asciz "\r\nINITRD "
finished:
    .asciz "\r\nFINISHED\r\n"
    .balign 16
end:
