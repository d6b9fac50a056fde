/** TensorFlow could not be installed; what was there before is unchanged. */
export class TensorflowInstallError extends Error {
  constructor(
    readonly code:
      | 'ERR_INSTALL_PACKAGE'
      | 'ERR_INSTALL_PLATFORM'
      | 'ERR_INSTALL_LIBRARY_MISSING'
      | 'ERR_INSTALL_NOT_A_LIBRARY'
      | 'ERR_INSTALL_LIBRARY_DAMAGED'
      | 'ERR_INSTALL_LIBRARY_VERSION'
      | 'ERR_INSTALL_LIBRARY_ARCHITECTURE'
      | 'ERR_INSTALL_COMPILER'
      | 'ERR_INSTALL_COMPILE'
      | 'ERR_INSTALL_DOWNLOAD'
      | 'ERR_INSTALL_CHECK'
      | 'ERR_INSTALL_STORE',
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'TensorflowInstallError';
  }
}
